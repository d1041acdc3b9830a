#!/usr/bin/env bash
# Tells GitHub what infra/bootstrap has made: pulumi -C infra/bootstrap stack output --json | .github/set-up.sh
# Makes the environments with their variables, and the repository's own. They take jobs of the branch main only, except for
# previews of pull requests; prod also waits for a person: the one who runs this, until others are named in GitHub's settings.
set -euo pipefail

outputs=$(cat)
me=$(gh api user --jq .id)

lines() { jq --raw-output "$1 | @tsv" <<< "$outputs"; }

on_any_branch() {
  jq --exit-status --arg environment "$1" '.pullRequestEnvironments | index($environment) != null' <<< "$outputs" > /dev/null
}

protection() {
  case $1 in
    prod) jq --null-input --argjson me "$me" \
      '{deployment_branch_policy: {protected_branches: false, custom_branch_policies: true},
        reviewers: [{type: "User", id: $me}]}' ;;
    *) jq --null-input '{deployment_branch_policy: {protected_branches: false, custom_branch_policies: true}}' ;;
  esac
}

lines '.environmentVariables | keys[] | [.]' | while read -r environment; do
  path="repos/{owner}/{repo}/environments/$environment"
  if on_any_branch "$environment"; then
    gh api --silent --method PUT "$path" --input - <<< '{}'
    continue
  fi
  protection "$environment" | gh api --silent --method PUT "$path" --input -
  branches="$path/deployment-branch-policies"
  gh api "$branches" --jq '.branch_policies[].name' < /dev/null | grep --quiet --line-regexp main ||
    gh api --silent --method POST "$branches" --field name=main < /dev/null
done
# shellcheck disable=SC2016 # $of is jq's
lines '.environmentVariables | to_entries[] | .key as $of | .value | to_entries[] | [$of, .key, .value]' |
  while read -r environment name value; do
    gh variable set "$name" --env "$environment" --body "$value" < /dev/null
  done
lines '.repositoryVariables | to_entries[] | [.key, .value]' |
  while read -r name value; do gh variable set "$name" --body "$value" < /dev/null; done
