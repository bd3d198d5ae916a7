// Package redis is a backend of package cache. It stores values in Redis, which processes
// share, and in the memory of each process.
//
//	client, err := redis.NewClient(redis.ClientOptions{URL: "redis://cache.internal:6379"})
//	...
//	defer client.Close()
//	kept, err := redis.New(client, redis.Options[int64, cache.Loaded[Author]]{Name: "authors"})
//	...
//	authors := cache.NewLoader(kept, loadAuthor, cache.LoaderOptions[int64, Author]{TTL: time.Minute, Lock: kept})
//
// A [Client] is one connection, which any number of caches and limiters share. It connects
// on first use. [Cache] implements cache.Cache and cache.Locker, by which only one process
// at a time loads a key. [Limiter] counts for all processes together.
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
// The keys of values contain an epoch, which belongs to one run of one server. A run is
// identified by its run_id and its replication id, which changes on promotion. A new epoch
// begins after a restart, even from an old dump, and after a flush or a failover. It also
// begins if Redis has evicted the epoch for lack of memory. Values of old epochs are never
// read. When an epoch ends, every process is notified or loses its connection, and then
// drops the values in its memory.
//
// # Failure
//
// An operation takes at most ClientOptions.Timeout, and Delete and Purge five times that.
// The session ends after a lost connection, three timeouts in a row, an invalid reply or
// an error that says that the server is unavailable. Operations then fail at once until
// there is a new session. The client tries to begin one every one to five seconds in the
// background, and uses it if the server answers within the timeout. A cache.Loader treats
// these failures as an empty cache.
//
// # Limits
//
// The server must be Redis 6 or newer, or compatible, with one master at a time. Of
// several addresses the client uses the first one that answers as a master. Each attempt
// begins with the first address. Sentinel and Cluster are not supported. If a failover
// does not fence the old master, two masters are two caches: a purge in one has no effect
// in the other, for at most the TTL. A proxy must keep a connection to one server. With
// access lists the user needs INFO, EVAL, EVALSHA, CLIENT, SUBSCRIBE and PUBLISH, and the
// keys and channels of the prefix.
//
// Other processes see a value overwritten by Set as soon as one after Delete. If Redis had
// evicted the old value, they may keep it in memory until its TTL expires.
package redis
