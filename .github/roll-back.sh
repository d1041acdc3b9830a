#!/usr/bin/env bash
# Says in Markdown how to go back to the commit that was deployed before a deployment that failed. Of the
# environment it reads STACK, BEFORE (that commit; empty if there was none) and GITHUB_SHA (the one that failed).
set -euo pipefail

printf '## %s is not healthy after %s\n\n' "$STACK" "$GITHUB_SHA"
if [ -z "$BEFORE" ]; then
  echo "Nothing was deployed before it: fix what the log names, and push."
  exit
fi
if [ "$BEFORE" = "$GITHUB_SHA" ]; then
  echo "The same commit was deployed before: something else has changed. Compare with \`pulumi preview --stack $STACK --refresh --diff\`."
  exit
fi

short=${BEFORE:0:12}
cat <<MARKDOWN
Before it, $BEFORE was deployed. Neither way back touches records: the database stays as it is.

By the pipeline, with its tests and its approval: merge this pull request.

~~~sh
git fetch origin
git switch --create roll-back-to-$short origin/main
git restore --source=$BEFORE --staged --worktree -- .
git commit --message "Roll back to $short"
git push --set-upstream origin roll-back-to-$short
gh pr create --fill
~~~

At once, by a person who may deploy (docs/deploy.md, "Roll back"); the pull request has to follow, or the next
delivery brings back what failed.

~~~sh
git switch --detach $BEFORE
make setup
pulumi up --stack $STACK
~~~
MARKDOWN
