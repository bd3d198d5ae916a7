package redis

import "github.com/redis/rueidis"

// Names in Redis. All begin with the client's prefix and version:
//
//	root   PREFIX:RUN        the epoch, a random text, of one run of one server
//	heap   PREFIX:EPOCH:h    a hash: c is the clock, a number the reading of its stripe
//	value  PREFIX:EPOCH:v:CACHE:KEY
//	lock   PREFIX:EPOCH:l:CACHE:KEY
//	limit  PREFIX:r:LIMITER:KEY
//
// Only KEY, which is last, may contain colons. The version begins after the first full
// stop of PREFIX. So all names are distinct.
//
// Values are found only by the epoch, and the epoch by the run. So a server never serves
// values of a dump with which it has started.
//
// Scripts return {nonce, status, number}. A reply with another nonce than that of the call
// is rejected.

// answers of the scripts
const (
	statusDone = "done"
	statusOver = "over" // done, and another value was there
	statusOld  = "old"  // discarded, since the key or a tag was invalidated later
	statusGone = "gone" // the epoch is over
	statusWait = "wait" // nothing is left to take
)

// scriptBegin returns the epoch of a run, which it begins where there is none, or
// where the heap was evicted. Sessions that track the root are notified of its end.
//
// KEYS root; ARGV nonce, new epoch, prefix, milliseconds to live
var scriptBegin = rueidis.NewLuaScript(`
local e = redis.call('GET', KEYS[1])
if not e or redis.call('HEXISTS', ARGV[3]..':'..e..':h', 'c') == 0 then
  e = ARGV[2]
  redis.call('SET', KEYS[1], e)
  redis.call('HSET', ARGV[3]..':'..e..':h', 'c', 1)
end
if redis.call('PTTL', KEYS[1]) * 2 < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('PEXPIRE', ARGV[3]..':'..e..':h', ARGV[4])
end
return {ARGV[1], 'done', e}`)

// checkEpoch begins every script that changes something. It sets c to the clock.
//
// KEYS root, heap, ...; ARGV nonce, epoch, milliseconds to live, ...
const checkEpoch = `
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return {ARGV[1], 'gone', 0} end
local c = tonumber(redis.call('HGET', KEYS[2], 'c') or '')
if not c then redis.call('DEL', KEYS[1]) return {ARGV[1], 'gone', 0} end
if redis.call('PTTL', KEYS[1]) * 2 < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
`

// scriptSet stores a value unless its key or a tag was invalidated since. Overwriting a
// value invalidates the old one in the memory of other processes.
//
// KEYS root, heap, value; ARGV nonce, epoch, life, channel, since or 0, milliseconds
// to keep it, record, stripe of the key, stripes of the tags...
var scriptSet = rueidis.NewLuaScript(checkEpoch + `
local since = tonumber(ARGV[5])
if since == 0 then since = c end
local read = redis.call('HMGET', KEYS[2], unpack(ARGV, 8))
for i = 1, #read do
  if read[i] and tonumber(read[i]) > since then return {ARGV[1], 'old', c} end
end
local status = 'done'
if redis.call('EXISTS', KEYS[3]) == 1 then
  status = 'over'
  c = c + 1
  redis.call('HSET', KEYS[2], 'c', c, ARGV[8], c)
  redis.call('PUBLISH', ARGV[4], ARGV[2]..' '..c..' '..ARGV[8])
end
redis.call('SET', KEYS[3], string.format('%.0f:%.0f:', since, c)..ARGV[7], 'PX', ARGV[6])
return {ARGV[1], status, c}`)

// scriptForget forgets stripes, and the value of a key if there is a third key.
//
// KEYS root, heap[, value]; ARGV nonce, epoch, life, channel, stripes...
var scriptForget = rueidis.NewLuaScript(checkEpoch + `
c = c + 1
local set = {'c', c}
for i = 5, #ARGV do
  set[#set + 1] = ARGV[i]
  set[#set + 1] = c
  if #set > 2000 then
    redis.call('HSET', KEYS[2], unpack(set))
    set = {'c', c}
  end
end
redis.call('HSET', KEYS[2], unpack(set))
if KEYS[3] then redis.call('UNLINK', KEYS[3]) end
redis.call('PUBLISH', ARGV[4], ARGV[2]..' '..c..' '..table.concat(ARGV, ' ', 5))
return {ARGV[1], 'done', c}`)

// scriptUnlock releases a lock if the token still holds it.
//
// KEYS lock; ARGV nonce, token
var scriptUnlock = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) == ARGV[2] then redis.call('UNLINK', KEYS[1]) end
return {ARGV[1], 'done', 0}`)
