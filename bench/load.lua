-- Tells wrk what to send, and prints what came of it as one line of JSON.
-- Arguments: method, path, and up to two files: the body, or the two halves of a body between which an id is put.
-- With BENCH_PAUSE each connection waits before each request, so many milliseconds in the middle, at random.
-- An id is a number of twelve hexadecimal digits in base64: each three digits are four characters.

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local triples = {}
local count = 0

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

local function id()
  count = count + 1
  local low, middle, high = count % 4096, math.floor(count / 4096) % 4096, math.floor(count / 16777216)
  return triples[0] .. triples[high] .. triples[middle] .. triples[low]
end

function init(arguments)
  wrk.method, wrk.path = arguments[1], arguments[2]
  if not arguments[4] then
    wrk.body = arguments[3] and read(arguments[3])
    return
  end
  local head, tail = read(arguments[3]), read(arguments[4])
  for number = 0, 4095 do
    triples[number] = base64(string.format("%03x", number))
  end
  request = function()
    return wrk.format(nil, nil, nil, head .. id() .. tail)
  end
end

local pause = tonumber(os.getenv("BENCH_PAUSE"))
if pause then
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
