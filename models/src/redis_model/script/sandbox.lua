-- What scripts see of Lua. Run once for each interpreter.
-- arguments  host: the functions that are written in Rust
-- result     env (the globals of every script), store (KEYS and ARGV go there), run, instantiate, call_function
local host = ...
local raw_pcall, raw_xpcall, raw_rawset, raw_setmetatable = pcall, xpcall, rawset, setmetatable
local raw_loadstring, raw_tostring, setfenv = loadstring, tostring, setfenv
local error, type, select, tonumber, floor, getmetatable = error, type, select, tonumber, math.floor, getmetatable
local READ_ONLY = 'Attempt to modify a readonly table'

local protected = raw_setmetatable({}, { __mode = 'k' })
local function refuse() error(READ_ONLY, 2) end
local function protect(inner)
  local proxy = raw_setmetatable({}, { __index = inner, __newindex = refuse, __metatable = false })
  protected[proxy] = true
  return proxy
end

local function nonexistent(_, name)
  local missing = host.missing[name]
  if missing then error(missing, 2) end
  error("Script attempted to access nonexistent global variable '" .. raw_tostring(name) .. "'", 2)
end

local function settle(ok, e, ...)
  if ok then return true, e, ... end
  e = host.plain(e)
  if type(e) == 'table' and type(e.err) == 'string' then e = e.err end
  return false, e
end

local random = {}
for name, f in pairs(math) do random[name] = f end
random.random = function(...)
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
random.randomseed = function(seed) host.seed(tonumber(seed) or 0) end

local store = {
  _VERSION = _VERSION, assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs, next = next,
  pairs = pairs, rawequal = rawequal, rawget = rawget, select = select, tonumber = tonumber, type = type,
  unpack = unpack,
  coroutine = protect(coroutine), string = protect(string), table = protect(table), math = protect(random),
  pcall = function(...) return settle(raw_pcall(...)) end,
  xpcall = function(f, handler) return raw_xpcall(f, function(e) return handler(host.plain(e)) end) end,
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
    return raw_tostring(v)
  end,
  -- Nothing a script could see of the memory is the same twice.
  collectgarbage = function() return 0 end,
  gcinfo = function() return 0, 0 end,
}
raw_setmetatable(store, { __index = nonexistent })

local meta = { __index = store, __newindex = refuse, __metatable = false }
local env = raw_setmetatable({}, meta)
protected[env] = true
store._G = env
store.loadstring = function(code, name)
  if type(code) ~= 'string' or code:byte(1) == 27 then error('loadstring takes the text of a chunk', 2) end
  local f, e = raw_loadstring(code, name)
  if f then setfenv(f, env) end
  return f, e
end
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
local redis = {
  call = host.call, pcall = host.pcall, sha1hex = host.sha1hex,
  status_reply = reply(function(text) return { ok = text } end),
  error_reply = reply(function(text)
    text = text:gsub('^%-', ''):gsub('[\r\n]+$', '')
    return { err = text:find(' ', 1, true) and text or 'ERR ' .. text }
  end),
  log = function() end, setresp = host.setresp, replicate_commands = function() return true end,
  set_repl = function() end, breakpoint = function() return false end, debug = function() end,
  REPL_ALL = 3, REPL_AOF = 1, REPL_REPLICA = 2, REPL_SLAVE = 2, REPL_NONE = 0,
  REDIS_VERSION = '7.0.15', REDIS_VERSION_NUM = 458767,
}
local while_loading = { log = redis.log, REDIS_VERSION = redis.REDIS_VERSION, REDIS_VERSION_NUM = redis.REDIS_VERSION_NUM }
for name, level in pairs(levels) do redis[name], while_loading[name] = level, level end
store.redis = protect(redis)

-- Libraries: while one is loaded there is little besides `redis.register_function`.
local registered
local function wrong(text) error({ err = 'ERR ' .. text }) end
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
  if not name:find('^[%w_]+$') then
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
