package parity_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// How many rows there are of what.
const (
	thingRows  = 60
	memoRows   = 24
	ticketRows = 14
)

// fill inserts the rows, which depend on the seed and nothing else.
func fill(t *testing.T, db *store.DB, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range 6 {
		insert(t, db, &Shelf{Code: shelfCode(i), Place: fmt.Sprintf("%s %d", pick(r, texts), i), Floor: some(r, int64(i%3)), Built: some(r, pick(r, texts))})
		insert(t, db, &Label{Code: labelCode(i), Colour: some(r, pick(r, texts))})
	}
	for i := range thingRows {
		insert(t, db, newThing(r, int64(i)))
	}
	for i := range thingRows {
		for j := range 6 {
			if r.IntN(6) == 0 {
				insert(t, db, &ThingLabel{ThingID: int64(i), LabelCode: labelCode(j), Shown: r.IntN(3) > 0})
			}
		}
	}
	for i := range memoRows {
		m := &Memo{Model: store.Model{ID: memoID(i)}, OwnerID: []store.ID{ann, bob, eve}[i%3], ThingID: some(r, r.Int64N(thingRows)), Title: "memo " + pick(r, texts), Stars: r.Int64N(6), Open: r.IntN(2) == 0}
		insert(t, db, m)
		if i%6 == 5 {
			if err := store.For[Memo](db).Delete(t.Context(), m.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range ticketRows {
		ctx := store.WithTenant(t.Context(), []string{"north", "south"}[i%2])
		if err := store.For[Ticket](db).Insert(ctx, &Ticket{Subject: pick(r, texts), Price: some(r, must(store.ParseDecimal(pick(r, decimals))))}); err != nil {
			t.Fatal(err)
		}
	}
}

// newThing makes a thing, with NULL in one of four columns that may have it.
func newThing(r *rand.Rand, id int64) *Thing {
	m := &Thing{
		ID: id, Name: pick(r, texts), Note: some(r, pick(r, texts)), Flag: r.IntN(2) == 0, MaybeFlag: some(r, r.IntN(2) == 0),
		Num: number(pick(r, integers)), MaybeNum: some(r, number(pick(r, integers))),
		Real: float(pick(r, floats)), MaybeReal: some(r, float(pick(r, floats))),
		Price: must(store.ParseDecimal(pick(r, decimals))), MaybePrice: some(r, must(store.ParseDecimal(pick(r, decimals)))),
		At: instant(pick(r, timestamps)), MaybeAt: some(r, instant(pick(r, timestamps))),
		Day: must(store.ParseDate(pick(r, dates))), MaybeDay: some(r, must(store.ParseDate(pick(r, dates)))),
		UID: must(store.ParseID(pick(r, uuids))), MaybeUID: some(r, must(store.ParseID(pick(r, uuids)))),
		Raw: bytesOf(pick(r, values(store.KindBytes))), Doc: store.JSON(pick(r, documents)), MaybeDoc: some(r, store.JSON(pick(r, documents))),
		Tags: list(pick(r, arrays)), Cost: r.Int64N(5), Inner: "inner", ShelfCode: some(r, shelfCode(r.IntN(6))),
	}
	if r.IntN(4) > 0 {
		m.MaybeRaw, m.MaybeTags = bytesOf(pick(r, values(store.KindBytes))), list(pick(r, arrays))
	}
	if id > 0 && r.IntN(4) > 0 {
		m.ParentID = new(r.Int64N(id))
	}
	return m
}

func insert[T any](t *testing.T, db *store.DB, row *T) {
	t.Helper()
	if err := store.For[T](db).Insert(t.Context(), row); err != nil {
		t.Fatalf("insert %+v: %v", *row, err)
	}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// some returns a pointer to v, or one time in four nil.
func some[T any](r *rand.Rand, v T) *T {
	if r.IntN(4) == 0 {
		return nil
	}
	return &v
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func number(text string) int64      { return must(strconv.ParseInt(text, 10, 64)) }
func float(text string) float64     { return must(strconv.ParseFloat(text, 64)) }
func instant(text string) time.Time { return must(time.Parse(time.RFC3339Nano, text)) }
func bytesOf(text string) []byte    { return must(hex.DecodeString(text[2:])) }

func list(text string) (list []string) {
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		panic(err)
	}
	return list
}

func shelfCode(i int) string { return []string{"a", "B", "ß/1", "x,y", "東", `q"`}[i] }
func labelCode(i int) string { return []string{"new", "New", "old", "ς", "50%", "a.b"}[i] }
func memoID(i int) store.ID  { return store.ID{1, 0x90, 6: 0x70, 8: 0x80, 15: byte(i)} }
