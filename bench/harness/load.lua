-- Makes the requests of wrk, and prints the result as one line of JSON.
--
-- Arguments: method, path, and up to two files. One file is the body. Two files are the halves of a body; each request
-- has a different id between them: a number of 12 hexadecimal digits in base64, where 3 digits become 4 characters.
-- BENCH_LINES: the file has one body in each line; each is sent once, and wrk ends when the last is answered.
-- BENCH_REQUESTS: the number of requests to send; wrk ends when the last is answered.
-- BENCH_CALLERS: a file with the headers that identify callers, one in each line; the requests use them in turn.
-- BENCH_PAUSE: the average milliseconds, at random, that each connection waits before each request.

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local pause = tonumber(os.getenv("BENCH_PAUSE"))
local request_count = tonumber(os.getenv("BENCH_REQUESTS"))

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function base64(three)
  local first, second, third = three:byte(1, 3)
  local bits = first * 65536 + second * 256 + third
  local text = ""
  for place = 18, 0, -6 do
    local six = math.floor(bits / 2 ^ place) % 64
    text = text .. alphabet:sub(six + 1, six + 1)
  end
  return text
end

local function with_ids(head, tail)
  local triples, count = {}, 0
  for number = 0, 4095 do
    triples[number] = base64(string.format("%03x", number))
  end
  return function()
    count = count + 1
    local low, middle, high = count % 4096, math.floor(count / 4096) % 4096, math.floor(count / 16777216)
    local id = triples[0] .. triples[high] .. triples[middle] .. triples[low]
    return wrk.format(nil, nil, nil, head .. id .. tail)
  end
end

local function line_by_line(path)
  local lines, count = {}, 0
  for line in io.lines(path) do
    lines[#lines + 1] = line
  end
  request_count = #lines
  return function()
    count = count + 1
    return wrk.format(nil, nil, nil, lines[count])
  end
end

-- wrk itself can only end by time, so a connection with nothing left to send sends an incomplete request.
local function end_after(count, make)
  local sent, answered, rejected = 0, 0, 0
  local first = make()
  request = function()
    sent = sent + 1
    if sent <= 2 then -- the first call of wrk is only a check and sends nothing
      return first
    end
    return sent <= count + 1 and make() or "GET / HTTP/1.1\r\n"
  end
  response = function(status)
    answered = answered + 1
    rejected = rejected + (status >= 400 and 1 or 0)
    if answered == count then
      io.write(string.format('{"requests": %d, "rejected": %d, "failed": 0}\n', answered, rejected))
      os.exit(0)
    end
  end
end

local function by_callers(path)
  local requests, count = {}, 0
  for line in io.lines(path) do
    local name, value = line:match("^(.-): (.*)$")
    wrk.headers[name] = value
    requests[#requests + 1] = wrk.format()
  end
  return function()
    count = count + 1
    return requests[count % #requests + 1]
  end
end

function init(arguments)
  wrk.method, wrk.path = arguments[1], arguments[2]
  local make
  if os.getenv("BENCH_LINES") then
    make = line_by_line(arguments[3])
  elseif arguments[4] then
    make = with_ids(read(arguments[3]), read(arguments[4]))
  else
    wrk.body = arguments[3] and read(arguments[3])
    local callers = os.getenv("BENCH_CALLERS")
    make = callers and by_callers(callers)
  end
  if request_count then
    local fixed = wrk.format()
    end_after(request_count, make or function() return fixed end)
  elseif make then
    request = make
  end
end

if pause then
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "rejected": %d, "failed": %d, "microseconds": %d, "p50": %f, "p99": %f}\n',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)
  ))
end
