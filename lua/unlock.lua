-- Releases a lock, but only one's own: compare and delete in one step.
-- KEYS[1]  the lock
-- ARGV[1]  the owner's token
-- reply    1 when it was ours, 0 when it had run out (somebody else may hold it now)
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
