package gate_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/uptrace/bun"
)

// Team is known to everybody. Who sits in it lets in others, and who comes first
// founds it.
type Team struct {
	bun.BaseModel `bun:"table:teams"`
	ID            string        `bun:",pk"`
	Seats         []*Seat       `bun:"rel:has-many,join:id=team_id"`
	Loose         []*LooseSeat  `bun:"rel:has-many,join:id=team_id"`
	Hooked        []*HookedSeat `bun:"rel:has-many,join:id=team_id"`
	Hidden        []*HiddenSeat `bun:"rel:has-many,join:id=team_id"`
	People        []*Human      `bun:"m2m:pair_seats,join:Team=Human"`
}

// Human sits in teams.
type Human struct {
	bun.BaseModel `bun:"table:humans"`
	ID            store.ID `bun:",pk"`
}

type seat struct {
	ID     string   `bun:",pk"`
	TeamID string   `bun:",notnull,unique:seat"`
	UserID store.ID `bun:",notnull,unique:seat"`
}

// Seat is written by one statement where the engine can, and deleted by a mark.
type Seat struct {
	bun.BaseModel `bun:"table:seats"`
	store.SoftDelete
	seat
	Team *Team `bun:"rel:belongs-to,join:team_id=id"`
}

// LooseSeat is in no change log.
type LooseSeat struct {
	bun.BaseModel `bun:"table:loose_seats"`
	store.Untracked
	seat
	Team *Team `bun:"rel:belongs-to,join:team_id=id"`
}

// HookedSeat has a hook, so that it is written step by step.
type HookedSeat struct {
	bun.BaseModel `bun:"table:hooked_seats"`
	seat
	Team *Team `bun:"rel:belongs-to,join:team_id=id"`
}

// HiddenSeat is seen only by who sits in the team.
type HiddenSeat struct {
	bun.BaseModel `bun:"table:hidden_seats"`
	seat
	Team *Team `bun:"rel:belongs-to,join:team_id=id"`
}

// PairSeat has no other key than its foreign keys, and its rule leads through it.
type PairSeat struct {
	bun.BaseModel `bun:"table:pair_seats"`
	TeamID        string   `bun:",pk"`
	UserID        store.ID `bun:",pk"`
	Team          *Team    `bun:"rel:belongs-to,join:team_id=id"`
	Human         *Human   `bun:"rel:belongs-to,join:user_id=id"`
}

// seatTables are the tables of seats; pairs are apart, as they have no id.
var seatTables = []string{"seats", "loose_seats", "hooked_seats", "hidden_seats"}

// seatFixture is an application of seats on one engine. Ana sits in ours and in
// second, Ari in theirs, where ana's own seat is deleted, as bea's is in ours, and
// nobody in empty.
func seatFixture(t *testing.T, db *store.DB) *fixture {
	t.Helper()
	policy := func(relation, column string) api.Policy {
		members := api.Related("team", api.Related(relation, api.Owner(column)))
		first := api.Where(store.Not(store.Related("team", store.Related(relation, store.Cond{}))))
		return api.Policy{
			Read: api.SignedIn(), Create: api.AnyOf(members, api.AllOf(api.Owner("user_id"), first)),
			Update: members, Delete: members, Restore: members,
		}
	}
	hidden := policy("hidden", "user_id")
	hidden.Read = api.Related("team", api.Related("hidden", api.Owner("user_id")))
	f := &fixture{db: db}
	f.handler = newHandler(
		t, db, api.Config{},
		api.Resource[Team]{Policy: api.Policy{Read: api.SignedIn()}},
		api.Resource[Human]{Policy: api.Policy{Read: api.SignedIn()}},
		api.Resource[Seat]{Policy: policy("seats", "user_id")},
		api.Resource[LooseSeat]{Policy: policy("loose", "user_id")},
		api.Resource[HookedSeat]{Policy: policy("hooked", "user_id")},
		api.Resource[HiddenSeat]{Policy: hidden},
		api.Resource[PairSeat]{Policy: policy("people", "id")},
		api.TxFunc("sit", api.SignedIn(), func(ctx context.Context, tx *store.Tx, in struct {
			Team string   `json:"team_id"`
			User store.ID `json:"user_id"`
		},
		) (none struct{}, err error) {
			row := &Seat{seat: seat{ID: "new", TeamID: in.Team, UserID: in.User}}
			return none, store.For[Seat](tx).As(store.ScopeFrom(ctx)).Insert(ctx, row)
		}),
	)
	if err := store.Before(db, func(context.Context, *store.Write[HookedSeat]) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	f.resetSeats(t)
	return f
}

func (f *fixture) resetSeats(t *testing.T) {
	t.Helper()
	sql := []string{"delete from pair_seats", "delete from plinth_changes"}
	for _, name := range seatTables {
		sql = append(sql, "delete from "+name)
	}
	sql = append(sql, "delete from teams", "delete from humans")
	for _, id := range []string{ana, ari, bea} {
		sql = append(sql, "insert into humans (id) values ('"+id+"')")
	}
	for _, id := range []string{"ours", "second", "theirs", "empty"} {
		sql = append(sql, "insert into teams (id) values ('"+id+"')")
	}
	for id, pair := range map[string][2]string{"own": {"ours", ana}, "other": {"second", ana}, "foreign": {"theirs", ari}} {
		sql = append(sql, fmt.Sprintf("insert into pair_seats (team_id, user_id) values ('%s', '%s')", pair[0], pair[1]))
		for _, name := range seatTables {
			sql = append(sql, fmt.Sprintf("insert into %s (id, team_id, user_id) values ('%s', '%s', '%s')", name, id, pair[0], pair[1]))
		}
	}
	for id, pair := range map[string][2]string{"gone": {"theirs", ana}, "left": {"ours", bea}} {
		sql = append(sql, fmt.Sprintf("insert into seats (id, team_id, user_id, deleted_at) values ('%s', '%s', '%s', '%s')", id, pair[0], pair[1], stamp))
	}
	f.exec(t, sql...)
}

func (f *fixture) dumpSeats(t *testing.T) string {
	t.Helper()
	text := f.rows(t, "select * from pair_seats") + f.rows(t, "select count(*) as n from plinth_changes")
	for _, name := range seatTables {
		text += f.rows(t, fmt.Sprintf("select '%s' as t, r.* from %[1]s r", name))
	}
	return text
}

// seatBody is a seat in a team, with a key unless it is empty.
func seatBody(id, team, user string) string {
	key := ""
	if id != "" {
		key = fmt.Sprintf(`"id":"%s",`, id)
	}
	return fmt.Sprintf(`{%s"team_id":"%s","user_id":"%s"}`, key, team, user)
}

// seatWays are the ways to put somebody into a team, by a new seat and by one's own.
func seatWays(team, user string) []ask {
	fresh, pair := seatBody("new", team, user), seatBody("", team, user)
	ways := []ask{
		{method: http.MethodPost, target: "/rpc/sit", body: pair},
		{method: http.MethodPost, target: "/pair_seats", body: pair},
		{method: http.MethodPost, target: "/pair_seats?select=team_id,team(id)", body: pair, prefer: represented},
		{method: http.MethodPost, target: "/pair_seats?select=team_id&order=user_id", body: pair, prefer: represented},
		{method: http.MethodPost, target: "/pair_seats", body: pair, prefer: merging},
		{method: http.MethodPost, target: "/pair_seats", body: pair, prefer: ignoring},
		{method: http.MethodPost, target: "/pair_seats", body: "[" + seatBody("", "ours", bea) + "," + pair + "]"},
		{method: http.MethodPut, target: "/pair_seats?team_id=eq." + team + "&user_id=eq." + user, body: pair},
	}
	for _, name := range seatTables {
		path := "/" + name
		ways = append(
			ways,
			ask{method: http.MethodPost, target: path, body: fresh},
			ask{method: http.MethodPost, target: path + "?select=id,team_id", body: fresh, prefer: represented},
			ask{method: http.MethodPost, target: path + "?select=id,team(id)", body: fresh, prefer: represented},
			ask{method: http.MethodPost, target: path + "?select=id&order=id", body: fresh, prefer: represented},
			ask{method: http.MethodPost, target: path, body: "[" + seatBody("mate", "ours", bea) + "," + fresh + "]"},
			ask{method: http.MethodPost, target: path + "?select=id&order=id", body: "[" + seatBody("mate", "ours", bea) + "," + fresh + "]", prefer: represented},
			ask{method: http.MethodPost, target: path, body: fresh, prefer: merging},
			ask{method: http.MethodPost, target: path, body: fresh, prefer: ignoring},
			ask{method: http.MethodPost, target: path + "?on_conflict=team_id,user_id", body: fresh, prefer: merging},
			ask{method: http.MethodPut, target: path + "/new", body: pair},
			ask{method: http.MethodPut, target: path + "?id=eq.new", body: fresh},
		)
	}
	return ways
}

// moveWays are the ways to move ana's own seat into a team.
func moveWays(team string) []ask {
	move, whole := `{"team_id":"`+team+`"}`, seatBody("own", team, ana)
	var ways []ask
	for _, name := range seatTables {
		path := "/" + name
		ways = append(
			ways,
			ask{method: http.MethodPatch, target: path + "?id=eq.own", body: move},
			ask{method: http.MethodPatch, target: path + "?id=eq.own&select=id,team_id", body: move, prefer: represented},
			ask{method: http.MethodPatch, target: path + "?id=eq.own&select=id,team(id)", body: move, prefer: represented},
			ask{method: http.MethodPatch, target: path + "?id=eq.own&select=id&order=id", body: move, prefer: represented},
			ask{method: http.MethodPatch, target: path + "/own", body: move},
			ask{method: http.MethodPut, target: path + "/own", body: move[:len(move)-1] + `,"user_id":"` + ana + `"}`},
			ask{method: http.MethodPut, target: path + "?id=eq.own", body: whole},
			ask{method: http.MethodPost, target: path, body: whole, prefer: merging},
		)
	}
	return append(ways, ask{method: http.MethodPatch, target: "/pair_seats?team_id=eq.ours&user_id=eq." + ana, body: move})
}

// inBatch makes a request the last step of a batch.
func (a ask) inBatch(before ...ask) ask {
	steps := ""
	for i, step := range append(before, a) {
		headers, body := "", ""
		if step.prefer != "" {
			headers = fmt.Sprintf(`,"headers":{"Prefer":%q}`, step.prefer)
		}
		if step.body != "" {
			body = `,"body":` + step.body
		}
		steps += fmt.Sprintf(`,{"id":"s%d","method":%q,"path":%q%s%s}`, i, step.method, step.target, headers, body)
	}
	return ask{method: http.MethodPost, target: "/-/batch", body: "[" + steps[1:] + "]"}
}

// TestA18Members: nobody lets themselves into a team by the very row that says
// they are in it, however it is written, and members let in others; every write is
// answered alike on both engines.
func TestA18Members(t *testing.T) {
	t.Parallel()
	var told answers
	check := func(t *testing.T, f *fixture) {
		client := f.as(t, asAna).With("Accept", "application/json")
		keys := 0
		// send sends a request and reports whether it has changed the tables.
		send := func(form string, a ask) (status int, wrote bool) {
			before := f.dumpSeats(t)
			client := client
			if a.prefer != "" {
				client = client.With("Prefer", a.prefer)
			}
			if form == "with a key" {
				keys++
				client = client.With("Idempotency-Key", fmt.Sprint("key-", keys))
			}
			var body any
			if a.body != "" {
				body = a.body
			}
			got := client.Do(a.method, a.target, body)
			after := f.dumpSeats(t)
			f.resetSeats(t)
			told.note(a.String()+" "+form, f.db, fmt.Sprintln(got.Status, got.Body, got.Header["Content-Range"], got.Header["Location"], before != after))
			return got.Status, before != after
		}
		forms := func(a ask, judge func(what string, status int, wrote bool)) {
			for form, sent := range map[string]ask{
				"alone": a, "with a key": a, "in a batch": a.inBatch(ask{method: http.MethodGet, target: "/teams?id=eq.ours"}),
			} {
				status, wrote := send(form, sent)
				judge(a.String()+" "+form, status, wrote)
			}
		}
		refused := func(what string, status int, wrote bool) {
			if status != http.StatusForbidden || wrote {
				t.Errorf("%s: status %d, want 403, written %t", what, status, wrote)
			}
		}
		allowed := func(what string, status int, wrote bool) {
			if status >= 300 || !wrote {
				t.Errorf("%s: status %d, written %t", what, status, wrote)
			}
		}
		nothing := func(what string, status int, wrote bool) {
			if status >= 500 || wrote {
				t.Errorf("%s: status %d, written %t", what, status, wrote)
			}
		}
		for _, a := range slices.Concat(seatWays("theirs", ana), seatWays("theirs", bea), seatWays("empty", bea)) {
			forms(a, refused)
		}
		for _, a := range moveWays("theirs") {
			if strings.HasPrefix(a.target, "/pair_seats") {
				forms(a, nothing) // a key is not written
				continue
			}
			forms(a, refused)
		}
		for _, a := range slices.Concat(seatWays("second", bea), seatWays("empty", ana)) {
			forms(a, allowed)
		}
		both := func(path string) string {
			if path == "/pair_seats" {
				return "[" + seatBody("", "empty", ana) + "," + seatBody("", "empty", bea) + "]"
			}
			return "[" + seatBody("new", "empty", ana) + "," + seatBody("newer", "empty", bea) + "]"
		}
		for _, name := range append(slices.Clone(seatTables), "pair_seats") {
			path := "/" + name
			// Who comes with the founder was let in by nobody, unless it is later.
			forms(ask{method: http.MethodPost, target: path, body: both(path)}, refused)
			forms(ask{method: http.MethodPost, target: path + "?select=user_id&order=user_id", body: both(path), prefer: represented}, refused)
			id, mate := "new", "newer"
			if path == "/pair_seats" {
				id, mate = "", ""
			}
			founder := ask{method: http.MethodPost, target: path, body: seatBody(id, "empty", ana)}
			status, wrote := send("after its founder", ask{method: http.MethodPost, target: path, body: seatBody(mate, "empty", bea)}.inBatch(founder))
			allowed(path+" after its founder", status, wrote)
		}
		restore := `{"deleted_at":null}`
		for _, a := range []ask{
			{method: http.MethodPatch, target: "/seats?id=eq.gone", body: restore},
			{method: http.MethodPatch, target: "/seats?id=eq.gone&select=id,team(id)", body: restore, prefer: represented},
			{method: http.MethodPatch, target: "/seats/gone", body: restore},
			{method: http.MethodPatch, target: "/seats?id=eq.foreign", body: `{"user_id":"` + ana + `"}`},
			{method: http.MethodDelete, target: "/seats?id=eq.foreign"},
		} {
			forms(a, nothing)
		}
		for _, a := range []ask{
			{method: http.MethodPatch, target: "/seats?id=eq.left", body: restore},
			{method: http.MethodPatch, target: "/seats?id=eq.left&select=id,team(id)", body: restore, prefer: represented},
			{method: http.MethodPatch, target: "/seats/left", body: restore},
			{method: http.MethodDelete, target: "/seats?id=eq.own"},
			{method: http.MethodDelete, target: "/hidden_seats?id=eq.own&select=id,team(id)", prefer: represented},
		} {
			forms(a, allowed)
		}
		for _, a := range moveWays("empty") {
			forms(a, nothing) // nobody of it has let them in
		}
	}
	t.Run("engines", func(t *testing.T) {
		databases(t, func(t *testing.T, db *store.DB) { check(t, seatFixture(t, db)) })
	})
	told.wantAlike(t)
}
