-- What scripts see of Lua. Run once for each interpreter.
-- arguments  host: the functions that are written in Rust
-- result     env (the globals of every script), store (KEYS and ARGV go there), run, instantiate, call_function
local host = ...
local raw_pcall, raw_xpcall, raw_rawset, raw_setmetatable = pcall, xpcall, rawset, setmetatable
local loadstring, raw_tostring, setfenv, raw_resume = loadstring, tostring, setfenv, coroutine.resume
local error, type, select, tonumber, floor, getmetatable = error, type, select, tonumber, math.floor, getmetatable
local rawget, find, gmatch, gsub, byte = rawget, string.find, string.gmatch, string.gsub, string.byte
local READ_ONLY = 'Attempt to modify a readonly table'

-- What stands behind what scripts see and must not change, and what of it a server has and the model has not.
local protected, missing = raw_setmetatable({}, { __mode = 'k' }), {}
local function refuse() error(READ_ONLY, 2) end
local function protect(inner)
  local proxy = raw_setmetatable({}, { __index = inner, __newindex = refuse, __metatable = false })
  protected[proxy] = inner
  return proxy
end
local function look_for(inner, name)
  if missing[inner] and missing[inner][name] then host.refuse("does not have '" .. name .. "' (docs/model.md)") end
end
local function nonexistent(t, name)
  look_for(t, name)
  error("Script attempted to access nonexistent global variable '" .. raw_tostring(name) .. "'", 2)
end
local function lacks(inner, names, otherwise)
  missing[inner] = {}
  for name in gmatch(names, '%S+') do missing[inner][name] = true end
  return raw_setmetatable(inner, { __index = otherwise })
end
local function opaque(t)
  if protected[t] then host.refuse('does not list what a library holds') end
end

-- An error that is caught; what the model lacks is raised again.
local function caught(ok, e, ...)
  if ok then return true, e, ... end
  return false, host.plain(e)
end
local function settle(ok, e, ...)
  if ok then return true, e, ... end
  e = host.plain(e)
  if type(e) == 'table' and type(e.err) == 'string' then e = e.err end
  return false, e
end

-- A function that is looked at before it is called. Its errors are its caller's, as if nobody stood between.
local function watched(name, f, before)
  local function back(ok, ...)
    if ok then return ... end
    local e = host.plain((...))
    if type(e) == 'string' and not find(e, '^user_') then
      e = gsub(gsub(e, '^sandbox:%d+: ', ''), "^(bad argument #%d+ to )'[^']*'", "%1'" .. name .. "'")
      error(e, 3)
    end
    error(e, 0)
  end
  return function(...)
    before(...)
    return back(raw_pcall(f, ...))
  end
end
local function with(library, changes)
  local copy = {}
  for name, f in pairs(library) do copy[name] = changes[name] or f end
  return copy
end

-- What takes long in C is counted before: nothing stops it there.
local function matches(name)
  return watched(name, string[name], function(s, p) host.match(s, p) end)
end
local strings = with(string, {
  find = watched('find', find, function(s, p, _, plain) host.match(s, p, plain) end),
  match = matches('match'), gmatch = matches('gmatch'), gfind = matches('gfind'), gsub = matches('gsub'),
  rep = watched('rep', string.rep, function(_, times) host.charge(tonumber(times) or 0) end),
})
local tables = with(table, {
  sort = watched('sort', table.sort, function(t) if type(t) == 'table' then host.charge(#t * #t / 4) end end),
  foreach = watched('foreach', table.foreach, opaque),
})
-- The instructions of a coroutine are counted from its beginning, up to the next look.
local function begins() host.charge(1000) end
local coroutines = with(coroutine, {
  create = watched('create', coroutine.create, begins), wrap = watched('wrap', coroutine.wrap, begins),
  resume = function(...) return caught(raw_resume(...)) end,
})
local function random(...)
  local r, n = host.random(), select('#', ...)
  if n == 0 then return r end
  local a, b = ...
  a, b = tonumber(a), tonumber(b)
  if n == 1 and a then
    if a < 1 then error("bad argument #1 to 'random' (interval is empty)", 2) end
    return floor(r * floor(a)) + 1
  elseif n == 2 and a and b then
    a, b = floor(a), floor(b)
    if a > b then error("bad argument #2 to 'random' (interval is empty)", 2) end
    return floor(r * (b - a + 1)) + a
  end
  error('wrong number of arguments', 2)
end
local maths = with(math, { random = random, randomseed = function(seed) host.seed(tonumber(seed) or 0) end })

local env, meta
local function behind(t) return t == env and meta.__index or protected[t] end
local store = {
  _VERSION = _VERSION, assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs,
  next = watched('next', next, opaque), pairs = watched('pairs', pairs, opaque), rawequal = rawequal, select = select, tonumber = tonumber, type = type,
  unpack = function(t, i, j)
    host.charge((tonumber(j) or 0) - (tonumber(i) or 1))
    return unpack(t, i, j)
  end,
  coroutine = protect(coroutines), string = protect(strings), table = protect(tables), math = protect(maths),
  pcall = function(...) return settle(raw_pcall(...)) end,
  xpcall = function(f, handler) return caught(raw_xpcall(f, function(e) return handler(host.plain(e)) end)) end,
  rawget = watched('rawget', function(t, k) return rawget(behind(t) or t, k) end, function(t, k) look_for(behind(t), k) end),
  rawset = function(t, k, v)
    if protected[t] then error(READ_ONLY, 0) end
    return raw_rawset(t, k, v)
  end,
  setmetatable = function(t, m)
    if protected[t] then error(READ_ONLY, 0) end
    return raw_setmetatable(t, m)
  end,
  -- No addresses: they differ from run to run.
  tostring = function(v)
    local t = type(v)
    if (t == 'table' and not (getmetatable(v) or {}).__tostring) or t == 'function' or t == 'thread' then
      return t .. ': 0x0'
    end
    if t == 'userdata' then return 'userdata: (nil)' end
    return raw_tostring(v)
  end,
  -- Nothing a script could see of the memory is the same twice.
  collectgarbage = function() return 0 end,
  gcinfo = function() return 0, 0 end,
}
for _, name in ipairs({ 'bit', 'cjson', 'cmsgpack', 'struct' }) do store[name] = protect(host[name]) end
lacks(store, 'load newproxy os server', nonexistent)

meta = { __index = store, __newindex = refuse, __metatable = false }
env = raw_setmetatable({}, meta)
protected[env] = store
store._G = env
store.loadstring = watched('loadstring', function(code, name)
  local f, e = loadstring(code, name)
  if f then setfenv(f, env) end
  return f, host.plain(e)
end, function(code)
  if type(code) ~= 'string' then return end
  if byte(code) == 27 then host.refuse('does not load compiled chunks') end
  host.charge(#code)
end)
getmetatable('').__index = strings
getmetatable('').__metatable = false

local function reply(name)
  return function(...)
    local text = ...
    if select('#', ...) ~= 1 or type(text) ~= 'string' then
      return { err = 'ERR wrong number or type of arguments' }
    end
    return name(text)
  end
end
local levels = { LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3 }
local function wrong(text) error({ err = 'ERR ' .. text }) end
local redis = lacks({
  call = host.call, pcall = host.pcall, acl_check_cmd = host.acl_check_cmd, sha1hex = host.sha1hex,
  status_reply = reply(function(text) return { ok = text } end),
  error_reply = reply(function(text)
    text = gsub(gsub(text, '^%-', ''), '[\r\n]+$', '')
    return { err = find(text, ' ', 1, true) and text or 'ERR ' .. text }
  end),
  log = function(...)
    if select('#', ...) < 2 then wrong('redis.log() requires two arguments or more.') end
    local level = tonumber((...))
    if not level then wrong('First argument must be a number (log level).') end
    if level < 0 or level >= 4 then wrong('Invalid log level.') end
  end,
  set_repl = function(...)
    if select('#', ...) ~= 1 then wrong('redis.set_repl() requires one argument.') end
    local flags = tonumber((...)) or 0
    if flags < 0 or flags >= 4 then
      wrong('Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
    end
  end,
  setresp = host.setresp, replicate_commands = function() return true end, breakpoint = function() return false end, debug = function() end,
  REPL_ALL = 3, REPL_AOF = 1, REPL_REPLICA = 2, REPL_SLAVE = 2, REPL_NONE = 0,
  REDIS_VERSION = '7.0.15', REDIS_VERSION_NUM = 458767,
}, 'SERVER_NAME VALKEY_VERSION VALKEY_VERSION_NUM', look_for)
local while_loading = { log = redis.log, REDIS_VERSION = redis.REDIS_VERSION, REDIS_VERSION_NUM = redis.REDIS_VERSION_NUM }
for name, level in pairs(levels) do redis[name], while_loading[name] = level, level end
store.redis = protect(redis)

-- Libraries: while one is loaded there is little besides `redis.register_function`.
local registered
local KNOWN = { ['no-writes'] = true, ['allow-oom'] = true, ['allow-stale'] = true, ['no-cluster'] = true,
  ['allow-cross-slot-keys'] = true }
local function named(arguments)
  local name, callback, description, flags
  for key, value in pairs(arguments) do
    if key == 'function_name' then
      name = type(value) == 'string' and value or wrong('function_name argument given to redis.register_function must be a string')
    elseif key == 'description' then
      description = type(value) == 'string' and value or wrong('description argument given to redis.register_function must be a string')
    elseif key == 'callback' then
      callback = type(value) == 'function' and value or wrong('callback argument given to redis.register_function must be a function')
    elseif key == 'flags' then
      flags = type(value) == 'table' and value or wrong('flags argument to redis.register_function must be a table representing function flags')
    else
      wrong('unknown argument given to redis.register_function')
    end
  end
  if not name then wrong('redis.register_function must get a function name argument') end
  if not callback then wrong('redis.register_function must get a callback argument') end
  return name, callback, description, flags
end
function while_loading.register_function(...)
  local n, name, callback, description, flags = select('#', ...), ...
  if n < 1 or n > 2 then wrong('wrong number of arguments to redis.register_function') end
  if n == 1 then
    if type(name) ~= 'table' then
      wrong('calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).')
    end
    name, callback, description, flags = named(name)
  else
    description, flags = nil, nil
    if type(name) ~= 'string' then wrong('first argument to redis.register_function must be a string') end
    if type(callback) ~= 'function' then wrong('second argument to redis.register_function must be a function') end
  end
  for _, flag in ipairs(flags or {}) do
    if not KNOWN[flag] then wrong('unknown flag given') end
  end
  if not find(name, '^[%w_]+$') then
    wrong('Library names can only contain letters, numbers, or underscores(_) and must be at least one character long')
  end
  for _, other in ipairs(registered) do
    if other.name:lower() == name:lower() then wrong('Function already exists in the library') end
  end
  registered[#registered + 1] = { name = name, callback = callback, description = description, flags = flags or {} }
end
raw_setmetatable(while_loading, { __index = nonexistent })
local loading = raw_setmetatable({ redis = protect(while_loading) }, { __index = nonexistent })

local function run(f, keys, arguments)
  return raw_xpcall(function() return f(keys, arguments) end, host.explain)
end
local function instantiate(chunk)
  registered = {}
  meta.__index = loading
  local ok, e = raw_xpcall(chunk, host.explain)
  meta.__index = store
  local functions = registered
  registered = nil
  return ok, ok and functions or e
end
local function call_function(chunk, name, keys, arguments)
  local ok, functions = instantiate(chunk)
  if not ok then return false, functions end
  for _, f in ipairs(functions) do
    if f.name == name then return run(f.callback, keys, arguments) end
  end
  return false, 'ERR Function not found'
end
return env, store, run, instantiate, call_function
