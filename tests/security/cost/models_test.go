package cost_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// peer has as many peers, broads and wides as there are: all rows are of one group,
// so that each level of embeds multiplies by the whole table.
type peer struct {
	bun.BaseModel `bun:"table:peers"`
	store.Untracked
	ID     int64    `bun:",pk"`
	Grp    int64    `bun:",notnull"`
	NextID int64    `bun:",notnull"`
	Name   string   `bun:",notnull"`
	Score  float64  `bun:",notnull"`
	Next   *peer    `bun:"rel:belongs-to,join:next_id=id"`
	Peers  []*peer  `bun:"rel:has-many,join:grp=grp"`
	Broads []*broad `bun:"rel:has-many,join:grp=grp"`
	Wides  []*wide  `bun:"rel:has-many,join:grp=grp"`
}

// broad has many columns.
type broad struct {
	bun.BaseModel `bun:"table:broads"`
	store.Untracked
	ID                             int64 `bun:",pk"`
	Grp                            int64 `bun:",notnull"`
	PeerID                         int64 `bun:",notnull"`
	A, B, C, D, E, F, G, H, I, J   string
	K, L, M, N, O, P, Q, R, S, T   string
	AA, AB, AC, AD, AE, AF, AG, AH string
	Peer                           *peer   `bun:"rel:belongs-to,join:peer_id=id"`
	Peers                          []*peer `bun:"rel:has-many,join:grp=grp"`
}

// wide has large values.
type wide struct {
	bun.BaseModel `bun:"table:wides"`
	store.Untracked
	ID     int64          `bun:",pk"`
	Grp    int64          `bun:",notnull"`
	PeerID int64          `bun:",notnull"`
	Title  string         `bun:",notnull"`
	Body   string         `bun:",notnull"`
	Doc    map[string]any `bun:",notnull,type:jsonb"`
	Raw    []byte         `bun:",notnull"`
	Peer   *peer          `bun:"rel:belongs-to,join:peer_id=id"`
	Peers  []*peer        `bun:"rel:has-many,join:grp=grp"`
	Wides  []*wide        `bun:"rel:has-many,join:grp=grp"`
}

// size is how much data there is.
type size struct {
	rows  int // peers and broads
	wides int
	cell  int // bytes of a value of wides
}

func exposed() []api.Exposed {
	open := api.Policy{Read: api.Anyone()}
	return []api.Exposed{api.Resource[peer]{Policy: open}, api.Resource[broad]{Policy: open}, api.Resource[wide]{Policy: open}}
}

// open opens a database by the name of its engine.
func open(ctx context.Context, engine, dsn string) (*store.DB, error) {
	if engine == "sqlite" {
		return sqlite.Open(ctx, dsn, nil)
	}
	return postgres.Open(ctx, dsn, &postgres.Options{MaxConns: 4, Reserve: 1})
}

// fill creates the tables and their rows.
func fill(t *testing.T, engine, dsn string, n size) {
	t.Helper()
	ctx := t.Context()
	db, err := open(ctx, engine, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // a test's
	a, err := api.New(db, api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a.Add(exposed()...)
	if _, err := a.Handler(); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements(engine, n) {
		if _, err := db.Bun().ExecContext(ctx, statement); err != nil {
			t.Fatalf("%.120s: %v", statement, err)
		}
	}
}

func statements(engine string, n size) []string {
	series := func(rows int) string {
		if engine == "postgres" {
			return fmt.Sprintf("generate_series(1, %d) as s(i)", rows)
		}
		return fmt.Sprintf("(with recursive c(i) as (select 1 union all select i+1 from c where i < %d) select i from c) as s", rows)
	}
	repeat := func(text string, times int) string {
		if engine == "postgres" {
			return fmt.Sprintf("repeat('%s', %d)", text, times)
		}
		return fmt.Sprintf("replace(hex(zeroblob(%d)), '00', '%s')", times, text)
	}
	control, raw := "repeat(chr(1), "+fmt.Sprint(n.cell/2)+")", "convert_to("+repeat("r", n.cell)+", 'UTF8')"
	if engine == "sqlite" {
		control, raw = "replace(hex(zeroblob("+fmt.Sprint(n.cell/2)+")), '00', char(1))", "cast("+repeat("r", n.cell)+" as blob)"
	}
	document := `'{"a":{"b":{"c":[{"d":"' || ` + repeat("d", n.cell) + ` || '"}]}},"n":' || i || '}'`
	if engine == "postgres" {
		document = "(" + document + ")::jsonb"
	}
	cells := strings.Repeat(", "+repeat("w", 200), 28)
	return []string{
		"insert into peers (id, grp, next_id, name, score) select i, 1, i, 'peer ' || i, i * 0.5 from " + series(n.rows),
		"insert into broads (id, grp, peer_id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, aa, ab, ac, ad, ae, af, ag, ah) select s.i, 1, s.i" +
			cells + " from " + series(n.rows),
		"insert into wides (id, grp, peer_id, title, body, doc, raw) select i, 1, i, 'wide ' || i, case when i % 10 = 0 then " + control +
			" else " + repeat("b", n.cell) + " end, " + document + ", " + raw + " from " + series(n.wides),
		"create index peers_grp on peers (grp, id)", "create index broads_grp on broads (grp, id)", "create index wides_grp on wides (grp, id)",
	}
}
