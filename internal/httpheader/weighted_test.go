package httpheader_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

func TestWeighted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines []string
		want  string
	}{
		{nil, ""},
		{[]string{"", " , ,", ";q=1"}, ""},
		{[]string{"gzip"}, "gzip 1000"},
		{[]string{"gzip, br;q=0.5", "\tzstd ;\tq=0.25"}, "gzip 1000, br 500, zstd 250"},
		{[]string{"text/x;a=\"b,c;q=0\";q=0.125, */*;q=0"}, "text/x 125, */* 0"},
		{[]string{"a/b;q=0.2;q=0.7"}, "a/b 200"},
		{[]string{"a/b;level=1;Q = 0.3;x"}, "a/b 300"},
	} {
		var got []string
		for item := range httpheader.Weighted(tt.lines) {
			got = append(got, fmt.Sprint(item.Name, " ", item.Weight))
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%q: %q, want %q", tt.lines, got, tt.want)
		}
	}
}

func TestWeight(t *testing.T) {
	t.Parallel()
	for weight, texts := range map[int][]string{
		1000: {"1", "1.", "1.0", "1.000", "1.0000"},
		999:  {"0.999", "0.9999"},
		500:  {"0.5", "0.50", "0.500"},
		200:  {"0.2", ".2"}, // as Java's own client writes it
		1:    {"0.001"},
		0: {
			"0", "0.", "0.0", "0.00", "0.000", "0.0001", ".0", // refusals
			"", ".", "x", "NaN", "Inf", "1.001", "2", "1.5", "-0", "-1", "+0.5", "1e-1", "0x1p-1", "0_1", "0.5.5", `"0.5"`, "٠", "00.5", "0.5x",
		},
	} {
		for _, text := range texts {
			if got := slices.Collect(httpheader.Weighted([]string{"gzip;q=" + text})); len(got) != 1 || got[0].Weight != weight {
				t.Errorf("%q: %+v, want %d", text, got, weight)
			}
		}
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	var got []string
	for name, value := range httpheader.Params(` Charset = utf-8 ; for="a;b=c";nulls;x=1=2`) {
		got = append(got, name+"|"+value)
	}
	if want := []string{"charset|utf-8", `for|"a;b=c"`, "nulls|", "x|1=2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzWeighted: every item can be written down again, lines are read one by one, and no
// weight is beyond its bounds.
func FuzzWeighted(f *testing.F) {
	f.Add("gzip, deflate, br, zstd;q=0.5", "*;q=0")
	f.Add(`text/html, image/gif, *; q=.2, */*; q=.2`, `a/b;x="\`)
	f.Add(`a/b;x="q=0,c;q=0.1";Q=1.000`, ",;,")
	f.Fuzz(func(t *testing.T, line, next string) {
		first := slices.Collect(httpheader.Weighted([]string{line}))
		for _, item := range first {
			if item.Name == "" || strings.Trim(item.Name, " \t") != item.Name || item.Weight < 0 || item.Weight > 1000 {
				t.Errorf("%q has %+v", line, item)
			}
			if strings.Contains(item.Name, `"`) {
				continue // it may be open, and take what follows with it
			}
			again := fmt.Sprintf("%s;q=%d.%03d", item.Name, item.Weight/1000, item.Weight%1000)
			if got := slices.Collect(httpheader.Weighted([]string{again})); len(got) != 1 || got[0].Name != item.Name || got[0].Weight != item.Weight {
				t.Errorf("%q has %+v, which is written %q and read as %+v", line, item, again, got)
			}
		}
		both := slices.Collect(httpheader.Weighted([]string{line, next}))
		if want := slices.Concat(first, slices.Collect(httpheader.Weighted([]string{next}))); !slices.Equal(both, want) {
			t.Errorf("%q and %q: %+v, want %+v", line, next, both, want)
		}
	})
}
