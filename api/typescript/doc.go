// Package typescript generates the type Database, which the generics of supabase-js
// expect. It describes the part of an API that one caller may be able to use:
//
//	import type { Database } from './database'
//	const supabase = createClient<Database>(url, key)
//
// Integers of 64 bits and decimals have the type number, so clients lose digits beyond
// 2^53. Insert and Update contain only columns that the caller can write.
//
// Relationships lists a relation under the name of its field, by which select embeds it:
// country(name). The types of supabase-js find a relation to many only by the name of its
// table. A different name needs an alias: things:everything(text).
package typescript
