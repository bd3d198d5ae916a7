// Package cache keeps what is dear to find out, for a time: query results, tokens,
// fragments of pages. It depends on the standard library only.
//
// # Three parts
//
// [Cache] is the contract that backends meet: package cache/memory keeps values in the
// process, cache/redis shares them between processes. Package cache/cachetest holds
// the contract as tests, for backends of one's own.
//
// [Loader] is what most programs use: it answers from a cache and, for what is not
// there, asks a function, once for everybody who wants to know at the same time.
//
//	kept, err := memory.New(memory.Options[int64, cache.Loaded[Author]]{Size: 10_000})
//	...
//	authors := cache.NewLoader(kept, loadAuthor, cache.LoaderOptions[int64, Author]{TTL: time.Minute})
//	a, err := authors.Get(ctx, 7)
//
// A value is for everybody who asks for its key. The function is called once for all of
// them, with the context of whoever asked first and what that holds: a caller, their
// tenant, a scope. So what it returns must depend on the key alone, and what callers may
// see differently has in its key whose it is, or all that it depends on: user, tenant,
// role, language. The same is true of errors: one that is about the caller who asked first
// is given to all who wait.
//
// # Forgetting
//
// What is purged stays purged: a value that was being found out while its key was
// deleted or one of its tags was purged is not kept, because it may be the old one. For
// that a [Mark] is taken before the value is found out and handed to Set; a Loader does
// so by itself. That a key has no value depends on tags too: see LoaderOptions.MissingTags.
//
// # Failure
//
// A cache that fails is a cache that is empty: a Loader counts its errors and asks its
// function. What panics while it loads, its function, a codec or the cache, is an error
// for those who wait. What must not be served when it is old, as a right that was taken away,
// needs a short TTL besides purges: a purge that could not be told is only bounded by
// it.
package cache
