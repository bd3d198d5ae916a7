// Package cache stores the results of expensive computations for a limited time, such as
// query results, tokens and fragments of pages. It depends on the standard library only.
//
// # Three parts
//
// [Cache] is the interface of backends. Package cache/memory keeps values in the
// process, and cache/redis shares them between processes. Package cache/cachetest tests
// a backend against the contract of Cache.
//
// [Loader] is the type that most programs use. It answers from a cache and calls a load
// function on a miss. Concurrent misses of a key share one call.
//
//	kept, err := memory.New(memory.Options[int64, cache.Loaded[Author]]{Size: 10_000})
//	...
//	authors, err := cache.NewLoader(kept, loadAuthor, cache.LoaderOptions[int64, Author]{TTL: time.Minute})
//	a, err := authors.Get(ctx, 7)
//
// Requests for the same key share a value. The load function runs once for all of them,
// with the context of the first request: its caller, tenant and scope. Its result must
// therefore depend on the key alone. If callers may see different values, the key must
// contain everything that the value depends on: user, tenant, role, language. An error of
// the load is also returned to all requests that wait for it.
//
// # Invalidation
//
// A purged value does not come back. A load that overlaps a Delete of its key or a Purge
// of one of its tags is not stored, because its value may be stale. For this a [Mark] is
// taken before the load and passed to Set. A Loader takes marks by itself. A missing value
// can depend on tags too: see LoaderOptions.MissingTags.
//
// # Failure
//
// A Loader treats a cache that fails as empty: it counts the error and calls its
// function. A panic of the function, a codec or the cache becomes an error for the
// requests that wait. If stale values are harmful, such as a revoked right, use a short
// TTL besides purges: after a purge that failed, only the TTL bounds their age.
package cache
