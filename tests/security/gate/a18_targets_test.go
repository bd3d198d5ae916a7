package gate_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/uptrace/bun"
)

// Spot is what ties lead to. Its owner sees it.
type Spot struct {
	bun.BaseModel `bun:"table:spots"`
	store.SoftDelete
	ID      string   `bun:",pk"`
	OwnerID store.ID `bun:",notnull"`
}

// ends are the two foreign keys of a tie. A pair of them is there once.
type ends struct {
	ByID    store.ID `bun:",notnull"`
	LeftID  string   `bun:",notnull,unique:pair"`
	RightID string   `bun:",notnull,unique:pair"`
}

// Tie is written by one statement where the engine can.
type Tie struct {
	bun.BaseModel `bun:"table:ties"`
	ID            string `bun:",pk"`
	ends
	Left  *Spot `bun:"rel:belongs-to,join:left_id=id"`
	Right *Spot `bun:"rel:belongs-to,join:right_id=id"`
}

// LooseTie is in no change log.
type LooseTie struct {
	bun.BaseModel `bun:"table:loose_ties"`
	store.Untracked
	ID string `bun:",pk"`
	ends
	Left  *Spot `bun:"rel:belongs-to,join:left_id=id"`
	Right *Spot `bun:"rel:belongs-to,join:right_id=id"`
}

// HookedTie has a hook, so that it is written step by step.
type HookedTie struct {
	bun.BaseModel `bun:"table:hooked_ties"`
	ID            string `bun:",pk"`
	ends
	Left  *Spot `bun:"rel:belongs-to,join:left_id=id"`
	Right *Spot `bun:"rel:belongs-to,join:right_id=id"`
}

// RuledTie has rules that read its target.
type RuledTie struct {
	bun.BaseModel `bun:"table:ruled_ties"`
	ID            string `bun:",pk"`
	ends
	Left  *Spot `bun:"rel:belongs-to,join:left_id=id"`
	Right *Spot `bun:"rel:belongs-to,join:right_id=id"`
}

// Junction has no other key than its foreign keys.
type Junction struct {
	bun.BaseModel `bun:"table:junctions"`
	LeftID        string   `bun:",pk"`
	RightID       string   `bun:",pk"`
	ByID          store.ID `bun:",notnull"`
	Left          *Spot    `bun:"rel:belongs-to,join:left_id=id"`
	Right         *Spot    `bun:"rel:belongs-to,join:right_id=id"`
}

// Area has a key of two columns.
type Area struct {
	bun.BaseModel `bun:"table:areas"`
	store.SoftDelete
	Zone    string   `bun:",pk"`
	ID      string   `bun:",pk"`
	OwnerID store.ID `bun:",notnull"`
}

// AreaTie has a foreign key of two columns, of which a write can give one.
type AreaTie struct {
	bun.BaseModel `bun:"table:area_ties"`
	ID            string   `bun:",pk"`
	ByID          store.ID `bun:",notnull"`
	Zone          string   `bun:",notnull,unique:place"`
	AreaID        string   `bun:",notnull,unique:place"`
	Area          *Area    `bun:"rel:belongs-to,join:zone=zone,join:area_id=id"`
}

// The spots, by what ana is to know of them. Of missing there is none.
const (
	seenSpot    = "seen"
	otherSpot   = "other"   // ana's too
	hiddenSpot  = "hidden"  // ari's
	tiedSpot    = "tied"    // ari's, and tied to every spot that there is
	deletedSpot = "deleted" // ana's, and as tied
	missingSpot = "missing"
)

// tieTables are the tables of ties; junctions are apart, as they have no id.
var tieTables = []string{"ties", "loose_ties", "hooked_ties", "ruled_ties"}

// tieFixture is an application of ties on one engine.
func tieFixture(t *testing.T, db *store.DB) *fixture {
	t.Helper()
	mine := store.Var("principal.id")
	policy := func(create api.Rule) api.Policy {
		own := api.Owner("by_id")
		return api.Policy{Read: own, Create: create, Update: own, UpdateCheck: create, Delete: own, Preset: map[string]any{"by_id": mine}}
	}
	f := &fixture{db: db}
	f.handler = newHandler(
		t, db, api.Config{},
		api.Resource[Spot]{Policy: api.Policy{Read: api.Owner("owner_id")}},
		api.Resource[Area]{Policy: api.Policy{Read: api.Owner("owner_id")}},
		api.Resource[AreaTie]{Policy: policy(api.SignedIn())},
		api.Resource[Tie]{Policy: policy(api.SignedIn())},
		api.Resource[LooseTie]{Policy: policy(api.SignedIn())},
		api.Resource[HookedTie]{Policy: policy(api.SignedIn())},
		api.Resource[RuledTie]{Policy: policy(api.Related("left", api.Owner("owner_id")))},
		api.Resource[Junction]{Policy: policy(api.SignedIn())},
		api.TxFunc("tie", api.SignedIn(), func(ctx context.Context, tx *store.Tx, in struct {
			Left  string `json:"left_id"`
			Right string `json:"right_id"`
		},
		) (none struct{}, err error) {
			tie := &Tie{ID: "new", ends: ends{LeftID: in.Left, RightID: in.Right}}
			if tie.ByID, err = store.ParseID(ana); err != nil {
				return none, err
			}
			return none, store.For[Tie](tx).As(store.ScopeFrom(ctx)).Insert(ctx, tie)
		}),
	)
	if err := store.Before(db, func(context.Context, *store.Write[HookedTie]) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	f.resetTies(t)
	return f
}

// resetTies ties the tied and the deleted spot to every other, in rows that ana
// cannot see, and gives ana a tie of her own in every table.
func (f *fixture) resetTies(t *testing.T) {
	t.Helper()
	sql := []string{"delete from junctions", "delete from plinth_changes"}
	for _, name := range tieTables {
		sql = append(sql, "delete from "+name)
	}
	sql = append(sql, "delete from spots", "delete from area_ties", "delete from areas")
	spot := func(id, owner, deleted string) {
		sql = append(sql, fmt.Sprintf("insert into spots (id, owner_id, deleted_at) values ('%s', '%s', %s)", id, owner, deleted),
			fmt.Sprintf("insert into areas (zone, id, owner_id, deleted_at) values ('z', '%s', '%s', %s)", id, owner, deleted))
	}
	spot(seenSpot, ana, "null")
	spot(otherSpot, ana, "null")
	spot(hiddenSpot, ari, "null")
	spot(tiedSpot, ari, "null")
	spot(deletedSpot, ana, "'"+stamp+"'")
	areaTie := func(id, area, by string) {
		sql = append(sql, fmt.Sprintf("insert into area_ties (id, zone, area_id, by_id) values ('%s', 'z', '%s', '%s')", id, area, by))
	}
	areaTie("own", otherSpot, ana)
	for _, left := range []string{tiedSpot, deletedSpot} {
		areaTie(left, left, ari)
		for _, right := range []string{seenSpot, otherSpot, hiddenSpot, tiedSpot, deletedSpot} {
			sql = append(sql, fmt.Sprintf("insert into junctions (left_id, right_id, by_id) values ('%s', '%s', '%s')", left, right, ari))
			for _, name := range tieTables {
				sql = append(sql, fmt.Sprintf("insert into %s (id, left_id, right_id, by_id) values ('%s-%s', '%[2]s', '%[3]s', '%[4]s')", name, left, right, ari))
			}
		}
	}
	sql = append(sql, fmt.Sprintf("insert into junctions (left_id, right_id, by_id) values ('%s', '%[1]s', '%s')", otherSpot, ana))
	for _, name := range tieTables {
		sql = append(sql, fmt.Sprintf("insert into %s (id, left_id, right_id, by_id) values ('own', '%s', '%[2]s', '%s')", name, otherSpot, ana))
	}
	f.exec(t, sql...)
}

func (f *fixture) dumpTies(t *testing.T) string {
	t.Helper()
	text := f.rows(t, "select * from junctions") + f.rows(t, "select * from area_ties") + f.rows(t, "select count(*) from plinth_changes")
	for _, name := range tieTables {
		text += name + "\n" + f.rows(t, "select * from "+name)
	}
	return text
}

// tieWays are the ways to write a tie.
func tieWays(left, right string) []ask {
	pair := fmt.Sprintf(`"left_id":"%s","right_id":"%s"`, left, right)
	ways := []ask{
		{method: http.MethodPost, target: "/junctions", body: `{` + pair + `}`},
		{method: http.MethodPost, target: "/junctions?select=left_id,left(id)", body: `{` + pair + `}`, prefer: represented},
		{method: http.MethodPost, target: "/junctions", body: `{` + pair + `}`, prefer: merging},
		{method: http.MethodPost, target: "/junctions", body: `{` + pair + `}`, prefer: ignoring},
		{method: http.MethodPost, target: "/junctions", body: `[{` + pair + `},{"left_id":"other","right_id":"other"}]`},
		{method: http.MethodPut, target: "/junctions?left_id=eq." + left + "&right_id=eq." + right, body: `{` + pair + `}`},
		{method: http.MethodPost, target: "/rpc/tie", body: `{` + pair + `}`},
		{method: http.MethodPost, target: "/area_ties", body: `{"id":"new","zone":"z","area_id":"` + left + `"}`},
		{method: http.MethodPatch, target: "/area_ties?id=eq.own", body: `{"area_id":"` + left + `"}`},
		{method: http.MethodPatch, target: "/area_ties/own", body: `{"area_id":"` + left + `"}`},
	}
	for _, name := range tieTables {
		path := "/" + name
		fresh := `{"id":"new",` + pair + `}`
		ways = append(
			ways,
			ask{method: http.MethodPost, target: path, body: fresh},
			ask{method: http.MethodPost, target: path + "?select=id,right(id)", body: fresh, prefer: represented},
			ask{method: http.MethodPost, target: path, body: `[` + fresh + `,{"id":"own","left_id":"seen","right_id":"other"}]`},
			ask{method: http.MethodPost, target: path, body: `[{"id":"first","left_id":"seen","right_id":"other"},` + fresh + `,{"id":"last","left_id":"missing","right_id":"seen"}]`},
			ask{method: http.MethodPost, target: path, body: fresh, prefer: merging},
			ask{method: http.MethodPost, target: path, body: `{"id":"own",` + pair + `}`, prefer: merging},
			ask{method: http.MethodPost, target: path + "?on_conflict=left_id,right_id", body: `[` + fresh + `,{"id":"twice","left_id":"seen","right_id":"other"},{"id":"again","left_id":"seen","right_id":"other"}]`, prefer: merging},
			ask{method: http.MethodPost, target: path + "?on_conflict=left_id,right_id", body: fresh, prefer: ignoring},
			ask{method: http.MethodPatch, target: path + "?id=eq.own", body: `{` + pair + `}`},
			ask{method: http.MethodPatch, target: path + "?id=eq.own&select=left(id)", body: `{` + pair + `}`, prefer: represented},
			ask{method: http.MethodPatch, target: path + "/own", body: `{` + pair + `}`},
			ask{method: http.MethodPatch, target: path + "/own", body: `{"left_id":"` + left + `"}`},
			ask{method: http.MethodPut, target: path + "/own", body: `{` + pair + `}`},
			ask{method: http.MethodPut, target: path + "/new", body: `{` + pair + `}`},
			ask{method: http.MethodPut, target: path + "?id=eq.new", body: fresh},
		)
	}
	return ways
}

// TestA18Targets: of two foreign keys in every mixture, a key to a row
// that is hidden, deleted, or in another row's pair already is answered byte for
// byte as one to no row, however it is written, and alike on both engines.
func TestA18Targets(t *testing.T) {
	t.Parallel()
	var told answers // by what is asked, with the keys as classes
	var keys atomic.Int64
	check := func(t *testing.T, f *fixture) {
		client := f.as(t, asAna).With("Accept", "application/json")
		send := func(what, left, right string, a ask, once, single bool) {
			class := func(spot string) string {
				if spot == seenSpot {
					return "seen"
				}
				return "unseen"
			}
			client := client
			if a.prefer != "" {
				client = client.With("Prefer", a.prefer)
			}
			if once {
				client = client.With("Idempotency-Key", fmt.Sprint("key-", keys.Add(1)))
			}
			got := client.Do(a.method, a.target, a.body)
			text := fmt.Sprintln(got.Status, got.Body)
			for _, header := range []string{"Content-Range", "Location", "Etag", "Preference-Applied"} {
				text += fmt.Sprintln(header, got.Header[header])
			}
			what += fmt.Sprintf(" with left %s and right %s", class(left), class(right))
			if left != seenSpot && got.Status != http.StatusConflict || left == seenSpot && right == seenSpot && single && got.Status >= 300 {
				t.Errorf("%s: %s", what, text)
			}
			if before, known := told.note(what, f.db, text); known && before != text {
				t.Errorf("%s tells %s and %s from another:\n%s%s", what, left, right, text, before)
			}
		}
		for _, left := range []string{seenSpot, hiddenSpot, tiedSpot, deletedSpot, missingSpot} {
			for _, right := range []string{seenSpot, hiddenSpot, missingSpot} {
				named := tieWays("LEFT", "RIGHT")
				before := f.dumpTies(t)
				for i, a := range tieWays(left, right) {
					for form, sent := range map[string]ask{"alone": a, "with a key": a, "in a batch": a.inBatch(ask{method: http.MethodGet, target: "/spots?id=eq.seen"})} {
						send(named[i].String()+" "+form, left, right, sent, form == "with a key", strings.HasPrefix(a.body, "{"))
						if left == seenSpot {
							f.resetTies(t)
						}
					}
				}
				if after := f.dumpTies(t); after != before && left != seenSpot {
					t.Errorf("ties from %s to %s have changed the tables:\n%s", left, right, changed(before, after))
				}
			}
		}
	}
	t.Run("engines", func(t *testing.T) {
		databases(t, func(t *testing.T, db *store.DB) { check(t, tieFixture(t, db)) })
	})
	told.wantAlike(t)
}
