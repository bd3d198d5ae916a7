package strictjson_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func distinctKeys(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%x":0`, i)
	}
	b.WriteByte('}')
	return b.String()
}

// TestA34Resources is the row A-34: time and memory stay in proportion to the body,
// also where the whole of it is read, walked and brought into canonical form. It does
// not run in parallel, because it counts what the process allocates. Only the long form,
// which runs beside nothing else, judges milliseconds.
func TestA34Resources(t *testing.T) { // see above
	soon := programtest.Within(50 * time.Millisecond)
	many := make([]string, 5000)
	for i := range many {
		many[i] = distinctKeys(17)
	}
	tests := []struct {
		name, body string
		valid      bool
	}{
		{"100,000 nested arrays", strings.Repeat("[", 100_000), false},
		{"100,000 nested objects", strings.Repeat(`{"a":`, 100_000), false},
		{"key of 1 MiB", `{"` + strings.Repeat("k", 1<<20) + `":1}`, true},
		{"key of escapes", `{"` + strings.Repeat(`\u0041`, 1<<17) + `":1,"b":2,"\u0063":3}`, true},
		{"string of backslashes", `"` + strings.Repeat(`\\`, 1<<19) + `"`, true},
		{"100,000 keys", distinctKeys(100_000), true},
		{"100,000 keys after a long one", `{"` + strings.Repeat("k", 1<<20) + `":1,` + distinctKeys(100_000)[1:], true},
		{"100,000 keys, one twice", strings.TrimSuffix(distinctKeys(100_000), "}") + `,"0":1}`, false},
		{"many objects of 17 keys", distinctKeys(100_000)[:1] + `"a":[` + strings.Join(many, ",") + `]}`, true},
		{"large object, then many small", `[` + distinctKeys(20_000) + `,` + strings.Join(many, ",") + `]`, true},
		{"million digits", strings.Repeat("1", 1_000_000), false},
		{"long fraction", "0." + strings.Repeat("1", 1_000_000), false},
		{"long exponent", "1e" + strings.Repeat("0", 1_000_000) + "1", false},
		{"1e999999", "1e999999", false},
		{"many exponents", "[" + strings.Repeat("1e399,", 170_000) + "1]", false},
		{"many small exponents", "[" + strings.Repeat("1e-398,", 140_000) + "1]", false},
		{"exponents deep in a document", `{"a":[{"b":` + "[" + strings.Repeat("-1E+99,", 140_000) + "1]}]}", false},
		{"exponents that double it", "[" + strings.Repeat("1e15,", 100_000) + "1]", false},
		{"exponents that do not", "[" + strings.Repeat(`1e5,"abcdefgh",`, 50_000) + "1]", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := []byte(tt.body)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			v, err := strictjson.Parse(body, strictjson.Limits{})
			runtime.ReadMemStats(&after)
			if (err == nil) != tt.valid {
				t.Fatalf("error = %v, want valid %v", err, tt.valid)
			}
			bound := 4*uint64(len(body)) + 4096
			if grown := after.TotalAlloc - before.TotalAlloc; grown > bound {
				t.Errorf("parsing %d bytes allocates %d", len(body), grown)
			}
			if err == nil {
				runtime.GC()
				runtime.ReadMemStats(&before)
				out := v.AppendCanonical(nil)
				runtime.ReadMemStats(&after)
				if grown := after.TotalAlloc - before.TotalAlloc; grown > bound {
					t.Errorf("canonical form of %d bytes allocates %d", len(body), grown)
				}
				if len(out) > 2*len(body)+strictjson.FreeGrowth {
					t.Errorf("%d bytes became %d", len(body), len(out))
				}
			}
			took := time.Hour
			for range 3 { // others may keep the machine busy
				start := time.Now()
				if v, err := strictjson.Parse(body, strictjson.Limits{}); err == nil {
					v.AppendCanonical(nil)
				}
				took = min(took, time.Since(start))
			}
			if took > soon {
				t.Errorf("took %v", took)
			}
			t.Logf("%d bytes in %v", len(body), took)
		})
	}
}

// TestSmallBodiesAllocateNothing holds the hot path: one object of five members.
func TestSmallBodiesAllocateNothing(t *testing.T) { // counts allocations
	body := []byte(`{"id":"0198c2f5-7a31-7c60-b7a4-0a0c12345678","title":"Milk é","n":12.50,"tags":["a","b"],"done":false}`)
	total := 0
	allocs := testing.AllocsPerRun(100, func() {
		v, err := strictjson.Parse(body, strictjson.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for key, member := range v.Members() {
			total += len(key) + len(member.Raw())
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	dst := make([]byte, 0, 256)
	if allocs := testing.AllocsPerRun(100, func() { dst = strictjson.AppendString(dst[:0], "Milk é\n") }); allocs != 0 {
		t.Errorf("AppendString: %v allocations", allocs)
	}
}
