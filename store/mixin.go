package store

import "time"

// Model has the common columns of a model: a key generated in Go, two timestamps and a
// version that counts updates. The library sets all of them; a client may give the id
// of a new row.
type Model struct {
	ID        ID        `bun:"id,pk,type:uuid" plinth:"createonly"`
	CreatedAt time.Time `bun:"created_at,notnull" plinth:"readonly"`
	UpdatedAt time.Time `bun:"updated_at,notnull" plinth:"readonly"`
	Version   int64     `bun:"version,notnull" plinth:"readonly"`
}

// SoftDelete makes Delete mark a row instead of removing it. Deleted rows are invisible
// everywhere: lists, embeds, rules, foreign keys a client writes. [Repo.Restore] brings
// one back. Deleting a deleted row updates its mark. Only [DB.Bun] removes a row
// permanently, bypassing rules, hooks and the change log; see the example.
type SoftDelete struct {
	DeletedAt *time.Time `bun:"deleted_at,soft_delete,nullzero" plinth:"hidden"`
}

// Tenant gives every row to one tenant. The column is set from the scope or
// from [WithTenant], never by a client, and every statement is limited to the
// tenant's rows. A key that is unique in each tenant is tagged
// `plinth:"unique=tenant_id|slug"`; upserts name it by its other columns.
type Tenant struct {
	TenantID string `bun:"tenant_id,notnull" plinth:"hidden"`
}

// Untracked keeps the writes of a table out of the change log. Readers of the log do
// not get them, and lists that read the table get no entity tag.
type Untracked struct{}

// History keeps, with each change of a row in the change log, the request and the IP address
// that it came from, and lets callers read the history of a row under the rules of the REST
// API. Without it the log has neither. A change is kept as long as the log, see
// changelog.Retention. Changes from before the mixin was added have no history.
type History struct{}

// View says that the model describes a view of the database. It is read-only, and a
// migration of the application creates it. Columns tagged pk are its key: lists are in
// key order, and rows can be read by it. The database does not enforce the key, so each
// row must have one of its own, without NULL. A model without pk describes a view too;
// its lists are in the order of the selected columns.
type View struct{}
