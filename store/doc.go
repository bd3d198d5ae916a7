// Package store is a typed store over SQLite and PostgreSQL: the same code, the
// same bytes, the same order and the same errors on both.
//
// # Models
//
// A struct with bun tags is the only description of a table. Mixins add what
// most tables want:
//
//	type Note struct {
//		bun.BaseModel `bun:"table:notes"`
//		store.Model                           // ID, CreatedAt, UpdatedAt, Version
//		store.SoftDelete                      // deleted rows are marked
//		OwnerID store.ID `bun:",notnull"`
//		Title   string   `bun:",notnull" validate:"required,max=200"`
//		Secret  string   `bun:",notnull" plinth:"secret"`
//		Author  *User    `bun:"rel:belongs-to,join:owner_id=id"`
//	}
//
// A field is nullable if it is a pointer, a sql.Null or tagged nullzero. Package
// store/migrate makes the tables.
//
// # Tags
//
// Columns are named as the fields in snake_case, unless the bun tag begins with a
// name. It may say further:
//
//	pk                      part of the primary key
//	autoincrement           the database makes the key
//	notnull, nullzero       NULL is never there; zero is NULL
//	unique, unique:seat     unique; of several fields with one name together
//	default:'draft'         what an absent column gets from the network: a constant
//	array                   []string as text[]
//	type:jsonb              any type as a JSON document
//	type:date               a time.Time as date
//
// Fields for related rows make no columns:
//
//	Team  *Team   `bun:"rel:belongs-to,join:team_id=id,on_delete:cascade"`
//	Notes []*Note `bun:"rel:has-many,join:id=team_id"`
//	Tags  []*Tag  `bun:"m2m:note_tags,join:Note=Tag"`
//
// belongs-to makes a foreign key; on_delete is restrict, cascade or set null, and
// restrict where nothing is said. The junction behind m2m is a model with these two
// belongs-to fields, and [DB.Register] has to know it no later than its neighbours.
//
// The plinth tag is one of createonly, readonly, hidden and secret (a [Mode]), or
// searchable ([TextCol.Search]), or both. The validate tag has the rules of package
// store/validate.
//
// Foreign keys, tenants and unique columns get an index, nothing else does: columns
// that lists are filtered by, as an owner's, want one in a migration.
//
// # Rows
//
//	db, err := sqlite.Open(ctx, "notes.db", nil)
//	notes := store.For[Note](db)
//	err = notes.Insert(ctx, &Note{OwnerID: me, Title: "First"})
//	list, err := notes.List(ctx, store.Query{
//		Where: store.Eq("owner_id", me),
//		Order: []store.Order{{Column: "title"}},
//		With:  []store.Embed{{Relation: "author"}},
//	})
//
// Typed columns need no generated code: a [ColumnOf], [Number] or [TextColumn]
// in a package variable has Eq, In, To, Asc and so on. A query is one SQL
// statement whatever it embeds.
//
// # Transactions
//
// [DB.Tx] runs a function in a serializable transaction and runs it again when
// it loses against another one. [Before] and [After] hooks run in the
// transaction of the write that calls them.
//
// # Scopes
//
// A [Scope] is who acts, with a [Guard] for every table it may know. Repositories
// are trusted until [Repo.As] puts them into one. Package api makes scopes from
// policies; everything that comes from the network runs in one.
//
// # The change log
//
// Every write appends to the change log in its own transaction, unless the model
// embeds [Untracked]. [DB.Changes] reads it: in order, nothing missed, nothing
// twice.
//
// # Limits
//
// Tables live in the default schema. Columns have one of the eleven kinds, or a
// type that implements [Codec]. SQLite serves one process; PostgreSQL must be 13
// or newer and not a standby for the change log. [DB.Bun] is the way to
// everything else; what it writes skips rules, hooks and the log.
package store
