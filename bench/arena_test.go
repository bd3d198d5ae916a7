package bench_test

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// arena is one engine with its data and the processes that meet over it. Both
// servers use the same database, so that neither has the better one.
type arena struct {
	engine       string
	database     string // a URL or a file
	content      *content
	hand, plinth *server
	load         *process
	admin        *pgx.Conn // nil on SQLite
}

// server is a server process.
type server struct {
	*process
	address string
}

// newArena fills a database and starts the load generator. The servers are for
// serve.
func newArena(t *testing.T, engine string, c *content, measured bool) *arena {
	t.Helper()
	a := &arena{engine: engine, database: newDatabase(t, engine, measured), content: c}
	a.fill(t, func(db *store.DB) { c.load(t, db) })
	if engine == enginePostgres {
		var err error
		if a.admin, err = pgx.Connect(t.Context(), a.database); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.admin.Close(context.Background()) })
	}
	a.tidy(t)
	a.load = start(t, roleLoad, "load generator")
	return a
}

// fill opens the database for a while.
func (a *arena) fill(t *testing.T, with func(*store.DB)) {
	t.Helper()
	db, err := openStore(t.Context(), a.engine, a.database, false)
	if err != nil {
		t.Fatal(err)
	}
	with(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// serve starts both servers, which end with t. What config leaves out is what
// the arena has.
func (a *arena) serve(t *testing.T, config serverConfig) {
	t.Helper()
	config.Engine, config.Database = a.engine, cmp.Or(config.Database, a.database)
	serve := func(side string) *server {
		config.Side = side
		var p *process
		if side == sideHand && *against != "" {
			config.Side = sidePlinth
			p = startBinary(t, *against, roleServer, a.engine+" "+*against)
		} else {
			p = start(t, roleServer, a.engine+" "+side)
		}
		var s serverState
		p.ask(t, serverCommand{Serve: &config}, &s)
		return &server{process: p, address: s.Address}
	}
	a.hand, a.plinth = serve(sideHand), serve(sidePlinth)
}

// chosenEngines are those that -engine names.
func chosenEngines() []string {
	var list []string
	for _, engine := range []string{enginePostgres, engineSQLite} {
		if *engines == "both" || *engines == engine {
			list = append(list, engine)
		}
	}
	return list
}

// newDatabase returns the URL or the file of an empty database. Where something
// is measured PostgreSQL waits for the disk, as SQLite does.
func newDatabase(t *testing.T, engine string, measured bool) string {
	t.Helper()
	switch {
	case engine == engineSQLite:
		return filepath.Join(t.TempDir(), "bench.db")
	case measured && os.Getenv("PLINTH_TEST_DATABASE_URL") == "":
		return pgtest.Start(t, pgtest.Options{Fsync: true}).URL()
	}
	return pgtest.URL(t)
}

// tidy lets PostgreSQL do between measurements what it would else do during some
// of them.
func (a *arena) tidy(t *testing.T) {
	t.Helper()
	if a.admin == nil {
		return
	}
	for _, text := range []string{"vacuum analyze", "checkpoint"} {
		if _, err := a.admin.Exec(t.Context(), text); err != nil && text != "checkpoint" { // takes a right that not every role has
			t.Fatal(err)
		}
	}
}

// sample is what one side did for a while.
type sample struct {
	speed  float64 // answers per second
	cpu    float64 // microseconds of the server's CPU per answer
	allocs float64 // objects allocated per answer
	bytes  float64 // bytes allocated per answer

	refused float64 // part of all answers that were 429 or 503

	p50, p99 float64 // milliseconds from a request to its answer
}

// run measures one side.
func (a *arena) run(t *testing.T, s *server, c *comparison, d time.Duration) sample {
	t.Helper()
	job := loadJob{Address: s.address, Connections: cmp.Or(c.connections, clients), For: d, Status: c.status}
	for i := range c.requests {
		job.Requests = append(job.Requests, c.requests[i].bytes())
	}
	return a.runJob(t, s, job)
}

// runJob measures what a server does with a job.
func (a *arena) runJob(t *testing.T, s *server, job loadJob) sample {
	t.Helper()
	var before, after serverState
	var result loadResult
	s.ask(t, serverCommand{}, &before)
	a.load.ask(t, job, &result)
	s.ask(t, serverCommand{}, &after)
	n := float64(max(1, result.Answers))
	return sample{
		speed: n / result.Took.Seconds(), cpu: float64(after.CPU-before.CPU) / 1e3 / n,
		allocs: float64(after.Objects-before.Objects) / n, bytes: float64(after.Bytes-before.Bytes) / n,
		refused: float64(result.Refused) / max(1, float64(result.Answers+result.Refused)),
		p50:     milliseconds(result.P50), p99: milliseconds(result.P99),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// measurement is one comparison on one engine.
type measurement struct {
	engine       string
	comparison   *comparison
	hand, plinth sample   // medians
	speed, cpu   estimate // Plinth over hand-written, round by round
}

// measure runs the rounds.
func (a *arena) measure(t *testing.T, c *comparison) measurement {
	t.Helper()
	a.tidy(t)
	a.run(t, a.hand, c, 300*time.Millisecond)
	a.run(t, a.plinth, c, 300*time.Millisecond)
	a.profile(t, c)
	hand, plinth := interleave(
		func() sample { return a.run(t, a.hand, c, duration()) },
		func() sample { return a.run(t, a.plinth, c, duration()) })
	a.endProfile(t)
	speed := func(s sample) float64 { return s.speed }
	cpu := func(s sample) float64 { return s.cpu }
	return measurement{
		engine: a.engine, comparison: c, hand: typical(hand), plinth: typical(plinth),
		speed: ratios(plinth, hand, speed), cpu: ratios(plinth, hand, cpu),
	}
}

// interleave measures two things in rounds, in an order that alternates.
func interleave(one, other func() sample) (ones, others []sample) {
	for i := range roundCount() {
		if i%2 == 0 {
			ones = append(ones, one())
		}
		others = append(others, other())
		if i%2 == 1 {
			ones = append(ones, one())
		}
	}
	return ones, others
}

// ratios estimates the ratio of a quantity within rounds.
func ratios(plinth, hand []sample, of func(sample) float64) estimate {
	list := make([]float64, len(plinth))
	for i := range list {
		list[i] = of(plinth[i]) / max(of(hand[i]), 1e-9)
	}
	return bootstrap(list)
}

// typical is the median of each quantity.
func typical(samples []sample) sample {
	pick := func(of func(sample) float64) float64 {
		list := make([]float64, len(samples))
		for i, s := range samples {
			list[i] = of(s)
		}
		return median(list)
	}
	return sample{
		speed: pick(func(s sample) float64 { return s.speed }), cpu: pick(func(s sample) float64 { return s.cpu }),
		allocs: pick(func(s sample) float64 { return s.allocs }), bytes: pick(func(s sample) float64 { return s.bytes }),
		refused: pick(func(s sample) float64 { return s.refused }),
		p50:     pick(func(s sample) float64 { return s.p50 }), p99: pick(func(s sample) float64 { return s.p99 }),
	}
}

// profile begins the profiles of both servers if they are wanted.
func (a *arena) profile(t *testing.T, c *comparison) {
	t.Helper()
	if *profiles == "" {
		return
	}
	name := strings.NewReplacer(" ", "-", ",", "").Replace(a.engine + "-" + c.name)
	for _, s := range []*server{a.hand, a.plinth} {
		side := sideHand
		if s == a.plinth {
			side = sidePlinth
		}
		s.ask(t, serverCommand{Profile: filepath.Join(*profiles, name+"-"+side)}, new(serverState))
	}
}

func (a *arena) endProfile(t *testing.T) {
	t.Helper()
	if *profiles == "" {
		return
	}
	for _, s := range []*server{a.hand, a.plinth} {
		s.ask(t, serverCommand{Profile: "-"}, new(serverState))
	}
}
