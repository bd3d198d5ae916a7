package canon_test

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

func TestAppendFloat(t *testing.T) {
	t.Parallel()
	cases := map[float64]string{
		0: "0", math.Copysign(0, -1): "0", 1: "1", -1.5: "-1.5", 1e14: "100000000000000", 1e15: "1e+15", -1e15: "-1e+15",
		0.0001: "0.0001", 0.00001: "1e-05", math.MaxFloat64: "1.7976931348623157e+308", math.SmallestNonzeroFloat64: "5e-324",
		math.Inf(1): "null", math.Inf(-1): "null", 2.6759999999999998e+22: "2.676e+22",
	}
	for f, want := range cases {
		if got := string(canon.AppendFloat(nil, f)); got != want {
			t.Errorf("%g = %s, want %s", f, got, want)
		}
	}
	if got := string(canon.AppendFloat([]byte("x"), math.NaN())); got != "xnull" {
		t.Errorf("NaN = %s", got)
	}
}

// The calendar of package time is the oracle: every day of the years 1 to 9999.
func TestAppendDateDays(t *testing.T) {
	t.Parallel()
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	var got, want []byte
	for ; day.Year() < 10_000; day = day.AddDate(0, 0, 1) {
		got = canon.AppendDateDays(got[:0], day.Unix()/86_400)
		want = day.AppendFormat(want[:0], time.DateOnly)
		if string(got) != string(want) {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

func TestAppendDateOutsideTheCalendar(t *testing.T) {
	t.Parallel()
	cases := map[int64]string{-719_163: "0000-12-31", -719_529: "-0001-12-31", 2_932_897: "00010000-01-01"}
	for days, want := range cases {
		if got := string(canon.AppendDateDays(nil, days)); got != want {
			t.Errorf("%d = %s, want %s", days, got, want)
		}
	}
	for _, micros := range []int64{math.MaxInt64, math.MinInt64} {
		canon.AppendTimestampMicros(nil, micros) // must not panic
	}
}

func TestAppendTimestampCuts(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", -5*60*60)
	cases := map[string]time.Time{
		"2024-03-01T04:05:06.123456+00:00": time.Date(2024, 2, 29, 23, 5, 6, 123_456_999, zone),
		"1969-12-31T23:59:59.999999+00:00": time.Unix(0, -1),
		"0001-01-01T00:00:00.000000+00:00": {},
	}
	for want, moment := range cases {
		if got := string(canon.AppendTimestamp(nil, moment)); got != want {
			t.Errorf("%v = %s, want %s", moment, got, want)
		}
	}
}

// Every byte at every place, with encoding/hex as oracle.
func TestAppendUUID(t *testing.T) {
	t.Parallel()
	for at := range 16 {
		for c := range 256 {
			u := [16]byte{0: 0x9a, 3: 0x0f, 4: 0xf0, 7: 0xa9, 8: 0x12, 11: 0xff, 15: 0x90}
			u[at] = byte(c)
			digits := hex.EncodeToString(u[:])
			want := strings.Join([]string{"x" + digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-")
			if got := string(canon.AppendUUID([]byte("x"), u)); got != want {
				t.Fatalf("%x: %s, want %s", u, got, want)
			}
		}
	}
}

func TestAppendBytes(t *testing.T) {
	t.Parallel()
	b := []byte{0xde, 0xad, 0}
	if got := string(canon.AppendBytes(nil, b)); got != `\xdead00` {
		t.Error(got)
	}
	if got := string(canon.AppendBytesJSON(nil, b)); got != `"\\xdead00"` {
		t.Error(got)
	}
}

func FuzzTimestamp(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(-1))
	f.Add(time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.UTC).UnixMicro())
	f.Fuzz(func(t *testing.T, micros int64) {
		moment := time.UnixMicro(micros).UTC()
		if moment.Year() < 1 || moment.Year() > 9999 {
			t.Skip()
		}
		text := string(canon.AppendTimestampMicros(nil, micros))
		if want := moment.Format("2006-01-02T15:04:05.000000-07:00"); text != want {
			t.Fatalf("%d = %s, want %s", micros, text, want)
		}
		if back, err := canon.ParseTimestamp(text); err != nil || !back.Equal(moment) {
			t.Fatalf("%s reads back as %v, %v", text, back, err)
		}
	})
}

func FuzzFloat(f *testing.F) {
	f.Add(0.1)
	f.Add(1e15)
	f.Fuzz(func(t *testing.T, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Skip()
		}
		text := string(canon.AppendFloat(nil, x))
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != x {
			t.Fatalf("%v = %s, which is %v, %v", x, text, back, err)
		}
	})
}

// FuzzCompareDecimal has exact rational numbers as oracle.
func FuzzCompareDecimal(f *testing.F) {
	f.Add("1.5", "1.50")
	f.Add("-10", "-9.99")
	f.Add("0", "0.00")
	f.Add("100", "99")
	f.Add("-1", "1")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, errA := canon.ParseDecimal(a)
		b, errB := canon.ParseDecimal(b)
		if errA != nil || errB != nil {
			t.Skip()
		}
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		if !okX || !okY {
			t.Fatalf("%q or %q is no number", a, b)
		}
		if got, want := canon.CompareDecimal(a, b), x.Cmp(y); got != want {
			t.Fatalf("%s against %s is %d, want %d", a, b, got, want)
		}
	})
}

func BenchmarkAppendTimestampMicros(b *testing.B) {
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = canon.AppendTimestampMicros(dst[:0], 1_709_251_199_123_456)
	}
}

func BenchmarkAppendUUID(b *testing.B) {
	dst, u := make([]byte, 0, 64), [16]byte{1: 0xa5, 8: 0x3c}
	b.ReportAllocs()
	for b.Loop() {
		dst = canon.AppendUUID(dst[:0], u)
	}
}
