package sqlite

import (
	"math/big"
	"regexp"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestDecimalCollation(t *testing.T) {
	t.Parallel()
	// In order; texts in one line are equal.
	order := [][]string{
		{"-100000000000000000000000000000.1"},
		{"-10", "-10.0"},
		{"-9.51"},
		{"-9.50", "-9.5", "-9.500"},
		{"-0.001"},
		{"0", "0.0", "0.000"},
		{"0.001"},
		{"0.01"},
		{"9.5", "9.50", "9.500"},
		{"9.51"},
		{"10"},
		{"100000000000000000000000000000.1"},
		// No numbers in the store's spelling.
		{""},
		{"+5"},
		{"-"},
		{"-0"},
		{"-0.0"},
		{"."},
		{".5"},
		{"007"},
		{"1."},
		{"1.2.3"},
		{"1e5"},
		{"NaN"},
	}
	for i, as := range order {
		for j, bs := range order {
			for _, a := range as {
				for _, b := range bs {
					want := 0
					if i < j {
						want = -1
					} else if i > j {
						want = 1
					}
					if got := compareDecimals(a, b); got != want {
						t.Errorf("compare(%q, %q) = %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}

func TestDecimalColumn(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (p text collate pl_decimal)")
	mustExec(t, d, "create index t_p on t (p)")
	mustExec(t, d, `insert into t values ('10.00'), ('9.50'), ('-1'), ('9.5'), (null), ('100')`)
	kinds := []driver.Kind{driver.KindDecimal}
	if got := values(t, d, nil, kinds, "select p from t where p is not null order by p, rowid"); got != "[-1],[9.50],[9.5],[10.00],[100]" {
		t.Errorf("order: %s", got)
	}
	if got := value(t, d, nil, "select count(*) from t where p = ?1", "9.500"); got != "[2]" {
		t.Errorf("equal: %s", got)
	}
	if got := values(t, d, nil, kinds, "select p from t where p > ?1 order by p", "9.6"); got != "[10.00],[100]" {
		t.Errorf("greater: %s", got)
	}
}

var storeDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// FuzzCompareDecimals holds the collation to math/big for numbers and to the
// laws of a total order for everything.
func FuzzCompareDecimals(f *testing.F) {
	for _, s := range []string{"0", "-0", "9.50", "9.5", "-9.5", "10", "007", "1e5", "", "0.000", "x"} {
		f.Add(s, "9.500", "-1")
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if len(a)+len(b)+len(c) > 4000 {
			return // math/big takes long for what the store would refuse
		}
		for _, pair := range [][2]string{{a, b}, {b, c}, {a, c}} {
			x, xOK := rat(pair[0])
			y, yOK := rat(pair[1])
			got := compareDecimals(pair[0], pair[1])
			if xOK && yOK && got != x.Cmp(y) {
				t.Errorf("compare(%q, %q) = %d, want %d", pair[0], pair[1], got, x.Cmp(y))
			}
			if xOK != yOK && (got < 0) != xOK {
				t.Errorf("compare(%q, %q) = %d: numbers come first", pair[0], pair[1], got)
			}
			if back := compareDecimals(pair[1], pair[0]); back != -got {
				t.Errorf("compare(%q, %q) = %d but %d the other way", pair[0], pair[1], got, back)
			}
		}
		if compareDecimals(a, b) <= 0 && compareDecimals(b, c) <= 0 && compareDecimals(a, c) > 0 {
			t.Errorf("%q <= %q <= %q, but %q > %q", a, b, c, a, c)
		}
		if compareDecimals(a, a) != 0 {
			t.Errorf("%q is not equal to itself", a)
		}
	})
}

// rat reads a number in the store's spelling; a negative zero is none.
func rat(s string) (*big.Rat, bool) {
	if !storeDecimal.MatchString(s) {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(s)
	return r, ok && (r.Sign() != 0 || s[0] != '-')
}
