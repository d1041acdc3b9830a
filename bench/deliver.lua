-- Delivers the pushes of a file, one a line, each once, and ends when the last is answered. Prints how many were refused.
-- wrk itself only ends by time, so a connection that finds nothing more to send begins a request and leaves it at that.

local lines = {}
local sent, answered, refused = -1, 0, 0 -- the first request that wrk asks for it only looks at

function init(arguments)
  wrk.method, wrk.path = "POST", "/"
  for line in io.lines(arguments[1]) do
    lines[#lines + 1] = line
  end
end

function request()
  sent = sent + 1
  local line = lines[math.max(sent, 1)]
  return line and wrk.format(nil, nil, nil, line) or "POST / HTTP/1.1\r\n"
end

function response(status)
  answered = answered + 1
  refused = refused + (status == 204 and 0 or 1)
  if answered == #lines then
    io.write(refused, "\n")
    os.exit(0)
  end
end
