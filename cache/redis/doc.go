// Package redis is a backend of package cache. It stores values in Redis, which processes
// share, and keeps copies of them in the memory of each process. Redis notifies a process
// of changes to its copies (client-side caching of Redis 6).
//
//	client, err := redis.NewClient(redis.ClientOptions{URL: "redis://cache.internal:6379"})
//	...
//	defer client.Close()
//	kept, err := redis.New(client, redis.Options[int64, cache.Loaded[Author]]{Name: "authors"})
//	...
//	authors, err := cache.NewLoader(kept, loadAuthor, cache.LoaderOptions[int64, Author]{TTL: time.Minute, Lock: kept})
//
// A [Client] is one connection, which any number of caches and limiters share. It connects
// on first use. [Cache] implements cache.Cache and cache.Locker, by which only one process
// at a time loads a key. [Limiter] counts for all processes together.
//
// # Invalidation
//
// Each tag has a version in Redis, and a value is stored with the versions of its tags. It
// is returned only while they are equal. Purge changes the versions, and Redis notifies
// every process that has one in memory. If Redis evicts a version, the values with that
// tag are missing.
//
// After Delete or Purge has returned nil, neither Redis nor this process returns the
// value. Other processes receive the invalidation some milliseconds later. A process with
// an undetected lost connection may return the value for at most two more seconds. A load
// that overlaps a Delete or Purge is not stored, unless it takes longer than an hour.
//
// # What may be stale until the TTL
//
// Delete and Purge are as durable as the Redis behind them. In these cases an old value may
// be served for at most its TTL:
//
//   - Delete or Purge returned an error, and the call was not repeated.
//   - A replica was promoted that had not received the invalidation.
//   - The server restarted with an old dump. Turn persistence off for a cache.
//   - The server was flushed, or evicted the record of a Delete or Purge, while a load
//     overlapped that call.
//   - Two servers act as master because a failover does not fence the old one.
//
// Keep rights out of such a cache, or give them a TTL as short as the allowed delay. A
// purge that must not be lost belongs in a named reader of the store's change log, which
// repeats it until it succeeds. Revocation in plinth does not use this package.
//
// # Failure
//
// An operation takes at most ClientOptions.Timeout, and Delete and Purge five times that.
// After a lost connection, three timeouts in a row or a READONLY error the connection is
// dropped with everything in memory. Operations then fail at once. The client tries to
// reconnect every two seconds while it is in use. A cache.Loader treats these
// failures as an empty cache.
//
// # Limits
//
// The server must be Redis 6 or newer, or compatible, with one master at a time: one
// address, or Sentinels that name it. Cluster is not supported. A proxy must keep a
// connection to one server. With access lists the user needs HELLO, CLIENT, PING, GET,
// PTTL, MULTI, EXEC, SET, UNLINK, TIME, EVAL, EVALSHA and SCRIPT for the keys of the prefix.
// Use TLS on networks that others can write to: rueidis panics on a reply without a request.
package redis
