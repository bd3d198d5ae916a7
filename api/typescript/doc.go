// Package typescript writes what one caller may be able to use of an API as the
// type Database that the generics of supabase-js expect:
//
//	import type { Database } from './database'
//	const supabase = createClient<Database>(url, key)
//
// Integers of 64 bits and decimals are number, as clients parse them: beyond 2^53
// they lose digits. Columns a client cannot write are not in Insert and Update.
//
// A relation stands in Relationships under the name of its field, which is how
// select embeds it: country(name). The types of supabase-js know a relation to many
// by the name of its table only, so there an alias is needed for another one:
// things:everything(text).
package typescript
