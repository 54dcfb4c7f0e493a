#!lua name=@LIBRARY@
-- The same purchase as a function that the server keeps (Redis 7 and later).
-- KEYS[1]  the stock, a counter
-- ARGV[1]  the quantity, at least 1
-- reply    the stock after the purchase, or -1 when fewer units are left
redis.register_function('@LIBRARY@_buy', function(keys, args)
  local stock = redis.call('GET', keys[1])
  if not stock then
    return redis.error_reply('ERR no stock under ' .. keys[1])
  end
  local quantity = tonumber(args[1])
  if tonumber(stock) < quantity then
    return -1
  end
  return redis.call('DECRBY', keys[1], quantity)
end)
