package bench_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestCompare checks that both sides answer alike, and measures them where
// -compare asks for it.
func TestCompare(t *testing.T) {
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	var results []measurement
	for _, engine := range []string{enginePostgres, engineSQLite} {
		if *engines != "both" && *engines != engine {
			continue
		}
		t.Run(engine, func(t *testing.T) {
			a := newArena(t, engine)
			a.checkRefused(t)
			for _, c := range comparisons(a.content) {
				if !pattern.MatchString(c.name) {
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					a.checkAnswers(t, &c)
					if !*compare {
						a.run(t, a.plinth, &c, 50*time.Millisecond)
						a.run(t, a.hand, &c, 50*time.Millisecond)
						return
					}
					m := a.measure(t, engine, &c)
					t.Log(m.line())
					results = append(results, m)
				})
			}
		})
	}
	if len(results) > 0 && !t.Failed() {
		publish(t, results)
	}
}

// arena is one engine with its data and the processes that meet over it. Both
// servers use the same database, so that neither has the better one.
type arena struct {
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

func newArena(t *testing.T, engine string) *arena {
	t.Helper()
	a := &arena{content: newContent(smallSize)}
	if *compare {
		a.content = newContent(fullSize)
	}
	database := newDatabase(t, engine)
	db, err := openStore(t.Context(), engine, database)
	if err != nil {
		t.Fatal(err)
	}
	a.content.load(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if engine == enginePostgres {
		if a.admin, err = pgx.Connect(t.Context(), database); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.admin.Close(context.Background()) })
	}
	a.tidy(t)
	serve := func(side string) *server {
		p := start(t, roleServer, engine+" "+side)
		var s serverState
		p.ask(t, serverCommand{Serve: &serverConfig{Side: side, Engine: engine, Database: database}}, &s)
		return &server{process: p, address: s.Address}
	}
	a.hand, a.plinth = serve(sideHand), serve(sidePlinth)
	a.load = start(t, roleLoad, "load generator")
	return a
}

// newDatabase returns the URL or the file of an empty database. Where something
// is measured PostgreSQL waits for the disk, as SQLite does.
func newDatabase(t *testing.T, engine string) string {
	t.Helper()
	switch {
	case engine == engineSQLite:
		return filepath.Join(t.TempDir(), "bench.db")
	case *compare && os.Getenv("PLINTH_TEST_DATABASE_URL") == "":
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
}

// run measures one side.
func (a *arena) run(t *testing.T, s *server, c *comparison, d time.Duration) sample {
	t.Helper()
	job := loadJob{Address: s.address, Connections: clients, For: d, Status: c.status}
	for i := range c.requests {
		job.Requests = append(job.Requests, c.requests[i].bytes())
	}
	var before, after serverState
	var result loadResult
	s.ask(t, serverCommand{}, &before)
	a.load.ask(t, job, &result)
	s.ask(t, serverCommand{}, &after)
	n := float64(max(1, result.Answers))
	return sample{
		speed: n / result.Took.Seconds(), cpu: float64(after.CPU-before.CPU) / 1e3 / n,
		allocs: float64(after.Objects-before.Objects) / n, bytes: float64(after.Bytes-before.Bytes) / n,
	}
}

// measurement is one comparison on one engine.
type measurement struct {
	engine       string
	comparison   *comparison
	hand, plinth sample   // medians
	speed, cpu   estimate // Plinth over hand-written, round by round
}

// measure runs the rounds.
func (a *arena) measure(t *testing.T, engine string, c *comparison) measurement {
	t.Helper()
	a.tidy(t)
	a.run(t, a.hand, c, 300*time.Millisecond)
	a.run(t, a.plinth, c, 300*time.Millisecond)
	a.profile(t, engine, c)
	var hand, plinth []sample
	for i := range *rounds {
		if i%2 == 0 {
			hand = append(hand, a.run(t, a.hand, c, duration()))
		}
		plinth = append(plinth, a.run(t, a.plinth, c, duration()))
		if i%2 == 1 {
			hand = append(hand, a.run(t, a.hand, c, duration()))
		}
	}
	a.endProfile(t)
	speed := func(s sample) float64 { return s.speed }
	cpu := func(s sample) float64 { return s.cpu }
	return measurement{
		engine: engine, comparison: c, hand: typical(hand), plinth: typical(plinth),
		speed: ratios(plinth, hand, speed), cpu: ratios(plinth, hand, cpu),
	}
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
	}
}

// profile begins the profiles of both servers if they are wanted.
func (a *arena) profile(t *testing.T, engine string, c *comparison) {
	t.Helper()
	if *profiles == "" {
		return
	}
	name := strings.NewReplacer(" ", "-", ",", "").Replace(engine + "-" + c.name)
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
