// Package store is a typed store over SQLite and PostgreSQL. The same code returns the
// same bytes, the same order and the same errors on both.
//
// # Models
//
// A struct with bun tags defines a table. Mixins add common columns:
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
// store/migrate creates the tables.
//
// # Read and write rows
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
// Each query is one SQL statement, also with embeds. For typed columns without code
// generation declare a [ColumnOf], [Number] or [TextColumn] in a package variable. They
// have methods such as Eq, In, To and Asc.
//
// # Use transactions
//
// [DB.Tx] runs a function in a serializable transaction and retries it after a conflict
// with another transaction. [Before] and [After] hooks run in the transaction of the
// write that calls them.
//
// # Restrict access with scopes
//
// A [Scope] holds the caller and a [Guard] for each table that the caller may access.
// Repositories are trusted until [Repo.As] gives them a scope. Package api makes scopes
// from policies; every network request runs in one.
//
// # Read the change log
//
// Every write appends to the change log in its own transaction, unless the model embeds
// [Untracked]. A reader of package changelog gets each change exactly once and in order.
//
// # Read views
//
// A model that embeds [View] describes a view of the database. It is read-only.
//
// # Tags
//
// Columns have the name of the field in snake_case, unless the bun tag begins with a
// name. The other options of the bun tag are:
//
//	pk                      part of the primary key
//	autoincrement           the database makes the key
//	notnull, nullzero       never NULL; the zero value is NULL
//	unique, unique:seat     unique; fields with one name are unique together
//	default:'draft'         constant for a column absent from a request
//	array                   []string as text[]
//	type:jsonb              any type as a JSON document
//	type:date               a time.Time as date
//
// Fields for related rows are not columns:
//
//	Team  *Team   `bun:"rel:belongs-to,join:team_id=id,on_delete:cascade"`
//	Notes []*Note `bun:"rel:has-many,join:id=team_id"`
//	Tags  []*Tag  `bun:"m2m:note_tags,join:Note=Tag"`
//
// belongs-to makes a foreign key. on_delete is restrict, cascade or set null; the
// default is restrict. The junction of m2m is a model with these two belongs-to fields.
// Pass it to [DB.Register] before or together with the models it joins.
//
// The plinth tag has options with commas between them:
//
//	createonly, readonly, hidden, secret    a [schema.Mode]
//	searchable                              text for [TextCol.Search]
//	enum=open|done, enum='a, b'|''          the values of a text
//	nodefault                               a request that inserts must give the column
//	generated=bydefault                     clients may give a key of autoincrement
//	index, index=a|b where c = 'x'          an index of this or other columns
//	unique=tenant_id|slug, unique=a where b a unique key
//	check=a > 0 and b is not null           a condition that holds for each row
//
// index, unique and check may also stand in the plinth tag of bun.BaseModel. Conditions
// compare columns with constants or columns, see [schema.ParseCondition]. The validate
// tag has the rules of package store/validate.
//
// Foreign keys, tenants and unique columns get an index without a tag.
//
// # Limits
//
// Tables live in the default schema. Columns have one of the eleven kinds, or a type
// that implements [Codec]. SQLite serves one process. PostgreSQL must be version 14 or
// newer, and the change log needs a primary server. [DB.Bun] runs any other statement;
// its writes bypass rules, hooks and the log.
package store
