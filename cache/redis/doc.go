// Package redis keeps values in a Redis that processes share, for package cache, and
// in the memory of each of them besides.
//
//	client, err := redis.NewClient(redis.ClientOptions{URL: "redis://cache.internal:6379"})
//	...
//	defer client.Close()
//	kept, err := redis.New(client, redis.Options[int64, cache.Loaded[Author]]{Name: "authors"})
//	...
//	authors := cache.NewLoader(kept, loadAuthor, cache.LoaderOptions[int64, Author]{TTL: time.Minute, Lock: kept})
//
// A [Client] is one connection, which any number of caches and limiters use. It is made
// when it is needed first. [Cache] meets cache.Cache and, for loads that only one
// process at a time shall do, cache.Locker. [Limiter] counts for all processes.
//
// # Invalidation
//
// Redis counts invalidations by stripes of keys and of tags, and publishes each to every
// process. A value carries the count at which it was loaded. It is ignored, in Redis and
// in memory, if its key or one of its tags was invalidated later. Redis does not store a
// value that is already invalid. There are 16,384 stripes, and keys and tags of one
// stripe are invalidated together.
//
// After Delete or Purge has returned nil, neither Redis nor this process returns the
// value. Other processes receive the invalidation some milliseconds later. A process with
// an undetected lost connection may return the value for at most two more seconds.
//
// After an error Redis may not have received the invalidation. This process then serves
// nothing from the cache until it has sent it. It retries every one to five seconds while
// the cache is in use. Other processes that still reach Redis serve the old value until
// then. If this process ends first, they serve it until its TTL expires. A purge that must
// not be lost has to be retried: call Purge in a named reader of the store's change log,
// and return its error.
//
// # Restarts and failovers
//
// Values are found by an epoch that belongs to one run of one server: to its run_id, and
// to the id of its replication, which changes when it is promoted. A server that starts
// with an old dump begins a new epoch, so nothing of what the dump has comes back, and so
// does one that was flushed, that had to drop the epoch for want of room, or that took
// over from another one. Every process hears of the end of an epoch, or loses its
// connection by it, and drops what it has in memory.
//
// # Failure
//
// An operation takes at most ClientOptions.Timeout, Delete and Purge five times that. A
// lost connection, three timeouts in a row, an answer that is none, or a server that
// says it cannot serve ends the session: until another is made, operations fail at
// once. Another is tried every one to five seconds, in the background, and used if the
// server answers within the timeout. A cache.Loader takes all of that for an empty
// cache.
//
// # Limits
//
// Redis 6 or newer, or what is compatible with it, as one server that is written to at
// a time. Of several addresses the first one that answers as a master is used, and each
// try begins with the first one again; there is no support for Sentinel or Cluster. Two masters at once, as in a failover that
// does not fence the old one, are two caches: what is purged in one is not purged in
// the other, for at most the TTL. A proxy between must keep a connection to one server.
// Users of Redis access lists need INFO, EVAL, EVALSHA, CLIENT, SUBSCRIBE and PUBLISH,
// and the keys and channels of the prefix.
//
// A value that is overwritten by Set, without Delete or Purge, is seen by other
// processes as soon, unless Redis had dropped the old one for want of room; then they
// may have it in memory until its TTL is over.
package redis
