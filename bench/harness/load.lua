-- Tells wrk what to send, and prints what came of it as one line of JSON.
--
-- Arguments: method, path, and up to two files. One file is the body. Between two, the halves of a body, each request
-- puts an id of its own: a number of twelve hexadecimal digits in base64, where each three digits are four characters.
-- BENCH_LINES: the one file holds bodies, one a line, each of which is sent once; wrk ends when the last is answered.
-- BENCH_REQUESTS: so many requests are sent, and wrk ends when the last is answered.
-- BENCH_CALLERS: a file of the headers by which callers are known, one a line; each request is the next one's.
-- BENCH_PAUSE: each connection waits before each request, so many milliseconds in the middle, at random.

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local pause = tonumber(os.getenv("BENCH_PAUSE"))
local wanted = tonumber(os.getenv("BENCH_REQUESTS"))

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
  wanted = #lines
  return function()
    count = count + 1
    return wrk.format(nil, nil, nil, lines[count])
  end
end

-- wrk itself only ends by time, so a connection that finds nothing more to send begins a request and leaves it at that.
local function end_after(count, make)
  local begun, answered, refused = 0, 0, 0
  local first = make()
  request = function()
    begun = begun + 1
    if begun <= 2 then -- the first time wrk only looks at it
      return first
    end
    return begun <= count + 1 and make() or "GET / HTTP/1.1\r\n"
  end
  response = function(status)
    answered = answered + 1
    refused = refused + (status >= 400 and 1 or 0)
    if answered == count then
      io.write(string.format('{"requests": %d, "refused": %d, "broken": 0}\n', answered, refused))
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
  if wanted then
    local fixed = wrk.format()
    end_after(wanted, make or function() return fixed end)
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
    '{"requests": %d, "refused": %d, "broken": %d, "microseconds": %d, "p50": %f, "p99": %f}\n',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)
  ))
end
