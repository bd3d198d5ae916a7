package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/uptrace/bun"
)

// The people have a relation of every kind, with keys that can be NULL and one
// to their own table:
//
//	1 Ada  DE        passport A1  chess, rowing
//	2 Bo   FR boss 1              chess
//	3 Cy      boss 1 passport C3  rowing
//	4 Di   DE boss 2              chess
//	5 Ed   FR
type person struct {
	bun.BaseModel `bun:"table:people"`
	store.Untracked
	ID          int64  `bun:",pk"`
	Name        string `bun:",notnull"`
	BossID      *int64
	CountryCode *string
	Height      float64   `bun:",notnull"`
	Boss        *person   `bun:"rel:belongs-to,join:boss_id=id"`
	Reports     []*person `bun:"rel:has-many,join:id=boss_id"`
	Country     *country  `bun:"rel:belongs-to,join:country_code=code"`
	Passport    *passport `bun:"rel:has-one,join:id=person_id"`
	Clubs       []*club   `bun:"m2m:members,join:Person=Club"`
}

type country struct {
	bun.BaseModel `bun:"table:countries"`
	store.Untracked
	Code   string    `bun:",pk"`
	Name   string    `bun:",notnull"`
	People []*person `bun:"rel:has-many,join:code=country_code"`
}

type passport struct {
	bun.BaseModel `bun:"table:passports"`
	store.Untracked
	Number   string  `bun:",pk"`
	PersonID int64   `bun:",notnull,unique"`
	Person   *person `bun:"rel:belongs-to,join:person_id=id"`
}

type club struct {
	bun.BaseModel `bun:"table:clubs"`
	store.Untracked
	ID      int64     `bun:",pk"`
	Name    string    `bun:",notnull"`
	Members []*person `bun:"m2m:members,join:Club=Person"`
}

type member struct {
	bun.BaseModel `bun:"table:members"`
	store.Untracked
	PersonID int64   `bun:",pk"`
	ClubID   int64   `bun:",pk"`
	Person   *person `bun:"rel:belongs-to,join:person_id=id"`
	Club     *club   `bun:"rel:belongs-to,join:club_id=id"`
}

func peopleModels() []any { return []any{person{}, country{}, passport{}, club{}, member{}} }

func insertPeople(t *testing.T, db *store.DB) {
	t.Helper()
	insert(t, db, &country{Code: "DE", Name: "Germany"}, &country{Code: "FR", Name: "France"}, &country{Code: "XX", Name: "Nowhere"})
	insert(t, db,
		&person{ID: 1, Name: "Ada", CountryCode: new("DE"), Height: 1.7},
		&person{ID: 2, Name: "Bo", CountryCode: new("FR"), BossID: new(int64(1)), Height: 1.6},
		&person{ID: 3, Name: "Cy", BossID: new(int64(1)), Height: 2},
		&person{ID: 4, Name: "Di", CountryCode: new("DE"), BossID: new(int64(2)), Height: 1.8},
		&person{ID: 5, Name: "Ed", CountryCode: new("FR"), Height: 1.5},
	)
	insert(t, db, &passport{Number: "A1", PersonID: 1}, &passport{Number: "C3", PersonID: 3})
	insert(t, db, &club{ID: 10, Name: "chess"}, &club{ID: 20, Name: "rowing"}, &club{ID: 30, Name: "empty"})
	insert(t, db, &member{PersonID: 1, ClubID: 10}, &member{PersonID: 2, ClubID: 10}, &member{PersonID: 4, ClubID: 10},
		&member{PersonID: 1, ClubID: 20}, &member{PersonID: 3, ClubID: 20})
}
