-- Buys a quantity, all or none, once for each request id: the same id again gets the same answer and takes nothing.
-- KEYS[1]  the stock, a counter
-- KEYS[2]  the requests that have bought, a hash from id to answer
-- ARGV[1]  the quantity, at least 1
-- ARGV[2]  the request id
-- reply    the stock after the purchase, or -1 when fewer units are left
local answer = redis.call('HGET', KEYS[2], ARGV[2])
if answer then
  return tonumber(answer)
end
local stock = redis.call('GET', KEYS[1])
if not stock then
  return redis.error_reply('ERR no stock under ' .. KEYS[1])
end
local quantity = tonumber(ARGV[1])
if tonumber(stock) < quantity then
  return -1
end
local left = redis.call('DECRBY', KEYS[1], quantity)
redis.call('HSET', KEYS[2], ARGV[2], left)
return left
