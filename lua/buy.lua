-- Buys a quantity, all or none.
-- KEYS[1]  the stock, a counter
-- ARGV[1]  the quantity, at least 1
-- reply    the stock after the purchase, or -1 when fewer units are left
-- A missing key is an error, not "sold out": an item that was never put on sale looks different from one that is gone.
local stock = redis.call('GET', KEYS[1])
if not stock then
  return redis.error_reply('ERR no stock under ' .. KEYS[1])
end
local quantity = tonumber(ARGV[1])
if tonumber(stock) < quantity then
  return -1
end
return redis.call('DECRBY', KEYS[1], quantity)
