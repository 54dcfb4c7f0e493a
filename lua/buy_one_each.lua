-- Buys one unit for a buyer who has had none.
-- KEYS[1]  the stock, a counter
-- KEYS[2]  the buyers who have had theirs, a set
-- ARGV[1]  the buyer
-- reply    the stock after the purchase, -1 when nothing is left, or -2 when the buyer has had theirs
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return -2
end
local stock = redis.call('GET', KEYS[1])
if not stock then
  return redis.error_reply('ERR no stock under ' .. KEYS[1])
end
if tonumber(stock) < 1 then
  return -1
end
redis.call('SADD', KEYS[2], ARGV[1])
return redis.call('DECR', KEYS[1])
