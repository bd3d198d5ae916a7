package mutants_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

var (
	mutate = flag.Bool("mutate", false, "run the mutants; without it only their places are checked")
	only   = flag.String("only", "", "run mutants whose name matches this regular expression only")
	from   = flag.String("from", "", "begin with the mutant of this name, as after an interruption")
	jobs   = flag.Int("jobs", 2, "how many mutants run at a time")
)

// TestMutants runs the tests of each mutant and reports those that no test finds. All mutants
// are in one build, and a variable of the environment turns one on.
func TestMutants(t *testing.T) {
	if !*mutate {
		t.Skip("runs with -mutate only, see make mutate")
	}
	all, err := chosen(mutants())
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	if err := b.prepare(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	queue := make(chan mutant)
	results := make(chan result)
	var workers sync.WaitGroup
	for range *jobs {
		workers.Go(func() {
			for m := range queue {
				results <- b.run(t.Context(), m)
			}
		})
	}
	go func() {
		for _, m := range all {
			queue <- m
		}
		close(queue)
		workers.Wait()
		close(results)
	}()
	var survivors []result
	done, late := 0, 0
	for r := range results {
		done++
		fmt.Printf("%3d of %d  %s\n", done, len(all), r)
		switch r.verdict {
		case survived:
			survivors = append(survivors, r)
		case timedOut:
			late++
		case broken:
			t.Errorf("%s: %s", r.name, r.by)
		}
	}
	killed := done - len(survivors)
	fmt.Printf("\n%d of %d mutants killed (%.0f %%), %d of them by a timeout\n", killed, done, 100*float64(killed)/float64(max(done, 1)), late)
	for _, r := range survivors {
		fmt.Printf("survivor  %-28s %s\n", r.name, r.breaks)
	}
}

// chosen returns the mutants that the flags select.
func chosen(all []mutant) ([]mutant, error) {
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return nil, err
	}
	begin := 0
	if *from != "" {
		if begin = slices.IndexFunc(all, func(m mutant) bool { return m.name == *from }); begin < 0 {
			return nil, fmt.Errorf("there is no mutant %s", *from)
		}
	}
	return slices.DeleteFunc(slices.Clone(all[begin:]), func(m mutant) bool { return !pattern.MatchString(m.name) }), nil
}

type verdict string

const (
	killed   verdict = "killed"
	timedOut verdict = "timeout"
	survived verdict = "survived"
	broken   verdict = "broken"
)

type result struct {
	mutant

	verdict verdict
	by      string // the test that failed
	took    time.Duration
}

func (r result) String() string {
	return fmt.Sprintf("%-9s %-28s %4.0f s  %s", r.verdict, r.name, r.took.Seconds(), r.by)
}

// bench has the tests with all mutants in them.
type bench struct {
	root, dir string
	env       []string
	limits    map[string]time.Duration // of the runs, by package and pattern
}

func newBench(t *testing.T) *bench {
	t.Helper()
	whole, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{root: whole, dir: t.TempDir(), env: os.Environ(), limits: map[string]time.Duration{}}
	url, err := pgtest.Source().Server()
	if err != nil {
		fmt.Printf("without PostgreSQL: %v\n", err)
		return b
	}
	b.env = append(b.env, pgtest.EnvURL+"="+url) // one server for all
	return b
}

// prepare builds the tests and runs them without a mutant.
func (b *bench) prepare(ctx context.Context, wanted []mutant) error {
	files, err := plant(b.root, mutants())
	if err != nil {
		return err
	}
	overlay, err := writeOverlay(b.dir, b.root, files)
	if err != nil {
		return err
	}
	var runs []string
	for _, m := range wanted {
		for _, tests := range m.tests {
			if slices.Contains(runs, tests) {
				continue
			}
			runs = append(runs, tests)
			folder, _, _ := strings.Cut(tests, " ")
			if err := b.build(ctx, overlay, folder); err != nil {
				return err
			}
		}
	}
	for _, tests := range runs {
		began := time.Now()
		if by, err := b.execute(ctx, tests, "", 15*time.Minute); err != nil || by != "" {
			return fmt.Errorf("%s without a mutant: %s %w", tests, by, err)
		}
		took := time.Since(began)
		b.limits[tests] = max(time.Minute, 4*took)
		fmt.Printf("%s: %.0f s without a mutant\n", tests, took.Seconds())
	}
	return nil
}

// build builds the tests of a package, once.
func (b *bench) build(ctx context.Context, overlay, folder string) error {
	if _, err := os.Stat(b.binary(folder)); err == nil {
		return nil
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", b.binary(folder), "./"+folder)
	build.Dir = b.root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s with mutants: %w\n%s", folder, err, out)
	}
	return nil
}

func (b *bench) binary(folder string) string {
	return filepath.Join(b.dir, strings.ReplaceAll(folder, "/", "_")+".test")
}

// run runs the tests of a mutant until one fails.
func (b *bench) run(ctx context.Context, m mutant) result {
	began := time.Now()
	r := result{mutant: m, verdict: survived}
	for _, tests := range m.tests {
		by, err := b.execute(ctx, tests, m.name, b.limits[tests])
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			r.verdict, r.by = timedOut, tests
		case err != nil:
			r.verdict, r.by = broken, err.Error()
		case by != "":
			r.verdict, r.by = killed, tests+": "+by
		default:
			continue
		}
		break
	}
	r.took = time.Since(began)
	return r
}

// failure is a line of a test that fails, or of a process that ends before its tests.
var failure = regexp.MustCompile(`^ *--- FAIL: (\S+)|^(panic: .*|fatal error: .*|FAIL.*)`)

// execute runs tests until the first failure, and returns what failed.
func (b *bench) execute(ctx context.Context, tests, name string, limit time.Duration) (by string, err error) {
	folder, pattern, _ := strings.Cut(tests, " ")
	temp, err := os.MkdirTemp(b.dir, "run")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	cmd := exec.CommandContext(ctx, b.binary(folder), "-test.v", "-test.failfast", "-test.run", pattern)
	cmd.Dir = filepath.Join(b.root, filepath.FromSlash(folder))
	cmd.Env = append(slices.Clone(b.env), "PLINTH_MUTANT="+name, "TMPDIR="+temp)
	cmd.WaitDelay = 5 * time.Second
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return "", err
	}
	scanned := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(out)
		found := ""
		for {
			line, err := lines.ReadString('\n')
			if m := failure.FindStringSubmatch(line); m != nil && found == "" {
				found = strings.TrimSpace(m[1] + m[2])
				_ = cmd.Process.Kill() // the verdict is clear
			}
			if err != nil {
				scanned <- found
				return
			}
		}
	}()
	err = cmd.Wait()
	in.Close()
	by = <-scanned
	switch {
	case by != "":
		return by, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return err.Error(), nil
	}
	return "", nil
}
