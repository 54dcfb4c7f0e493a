-- One purchase: KEYS[1] holds the units left, ARGV[1] is how many are asked for. Replies 1 when they are the buyer's, 0 when too few are left.
local left = tonumber(redis.call('GET', KEYS[1]) or '0')
local quantity = tonumber(ARGV[1])
if left < quantity then
  return 0
end
redis.call('DECRBY', KEYS[1], quantity)
return 1
