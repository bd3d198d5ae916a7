package rest_test

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// Person writes and gets letters, and may have learned writing from another.
type Person struct {
	bun.BaseModel `bun:"table:people"`
	ID            int64     `bun:",pk"`
	Name          string    `bun:",notnull"`
	TeacherID     *int64    //
	Teacher       *Person   `bun:"rel:belongs-to,join:teacher_id=id"`
	Students      []*Person `bun:"rel:has-many,join:id=teacher_id"`
}

// Letter leads to people in two ways.
type Letter struct {
	bun.BaseModel `bun:"table:letters"`
	ID            int64   `bun:",pk"`
	Subject       string  `bun:",notnull"`
	SenderID      int64   `bun:",notnull"`
	RecipientID   *int64  //
	Sender        *Person `bun:"rel:belongs-to,join:sender_id=id"`
	Recipient     *Person `bun:"rel:belongs-to,join:recipient_id=id"`
}

// letters has more than one relation between two tables.
func letters() part {
	return part{
		models: []any{Person{}, Letter{}},
		exposed: func(*store.DB) []api.Exposed {
			public := api.Policy{Read: api.Anyone()}
			return []api.Exposed{api.Resource[Person]{Policy: public}, api.Resource[Letter]{Policy: public}}
		},
		fill: func(tb testing.TB, db *store.DB) {
			tb.Helper()
			// SQLite can empty the table where rows refer to later ones only.
			insert(tb, db, &Person{ID: 2, Name: "Ada"}, &Person{ID: 1, Name: "Bo", TeacherID: new(int64(2))})
			insert(tb, db, &Letter{ID: 1, Subject: "Hello", SenderID: 2, RecipientID: new(int64(1))}, &Letter{ID: 2, Subject: "To all", SenderID: 1})
		},
	}
}
