package bench_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// chart is a plot of lines; the vertical axis grows by factors.
type chart struct {
	title, x, y string
	linear      bool // the horizontal axis grows by steps
	lines       []line
}

// line is a line of a chart. Its class is one of the style's.
type line struct {
	name, class string
	points      []point
}

// point is a point of a line; both values are above zero.
type point struct{ x, y float64 }

// add adds a point to the line of a name.
func (c *chart) add(name, class string, x int, y float64) {
	i := slices.IndexFunc(c.lines, func(l line) bool { return l.name == name })
	if i < 0 {
		i = len(c.lines)
		c.lines = append(c.lines, line{name: name, class: class})
	}
	c.lines[i].points = append(c.lines[i].points, point{float64(x), y})
}

// The room of a chart, and in it that of its lines. The legend is on the right.
const (
	chartWidth, chartHeight = 800, 380
	left, right             = 76, 570
	top, bottom             = 48, 316
)

// chartStyle has a colour for each engine and dashes for the side by hand. The
// ground is not transparent, so that the text stands out on any page.
const chartStyle = `
text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#24292f}
.ground{fill:#fff}.title{font-size:15px;font-weight:600}.grid{stroke:#d8dee4}.axis{stroke:#57606a}
polyline,.key{fill:none;stroke-width:2.2}.postgres{stroke:#0b62c4;fill:#0b62c4}.sqlite{stroke:#bc4c00;fill:#bc4c00}
polyline.postgres,polyline.sqlite{fill:none}.hand{stroke-dasharray:6 4}circle.hand{fill:#fff;stroke-dasharray:none;stroke-width:1.6}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.ground,circle.hand{fill:#0d1117}.grid{stroke:#30363d}.axis{stroke:#8b949e}
.postgres{stroke:#58a6ff;fill:#58a6ff}.sqlite{stroke:#f0883e;fill:#f0883e}polyline.postgres,polyline.sqlite{fill:none}circle.hand{fill:#0d1117}
}
`

// svg draws the chart.
func (c *chart) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n<title>%s</title>\n<style>%s</style>\n",
		chartWidth, chartHeight, chartWidth, chartHeight, html.EscapeString(c.title), chartStyle)
	fmt.Fprintf(&b, `<rect class="ground" width="%d" height="%d"/>`+"\n", chartWidth, chartHeight)
	text := func(x, y float64, attributes, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(s))
	}
	stroke := func(class string, x1, y1, x2, y2 float64) {
		fmt.Fprintf(&b, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", class, x1, y1, x2, y2)
	}
	xs, ys := c.ticks()
	across, up := scale(xs, left, right, c.linear), scale(ys, bottom, top, false)
	text(left, 26, `class="title"`, c.title)
	for _, v := range ys {
		stroke("grid", left, up(v), right, up(v))
		text(left-8, up(v)+4, `text-anchor="end"`, number(v))
	}
	for _, v := range xs {
		stroke("axis", across(v), bottom, across(v), bottom+5)
		text(across(v), bottom+20, `text-anchor="middle"`, number(v))
	}
	stroke("axis", left, bottom, right, bottom)
	text((left+right)/2, bottom+44, `text-anchor="middle"`, c.x)
	text(0, 0, fmt.Sprintf(`text-anchor="middle" transform="translate(18 %d) rotate(-90)"`, (top+bottom)/2), c.y)
	for i, l := range c.lines {
		var path []string
		for _, p := range l.points {
			path = append(path, fmt.Sprintf("%.1f,%.1f", across(p.x), up(p.y)))
		}
		fmt.Fprintf(&b, `<polyline class="%s" points="%s"/>`+"\n", l.class, strings.Join(path, " "))
		for _, p := range l.points {
			fmt.Fprintf(&b, `<circle class="%s" cx="%.1f" cy="%.1f" r="3.2"/>`+"\n", l.class, across(p.x), up(p.y))
		}
		row := float64(top + 10 + 24*i)
		stroke("key "+l.class, right+18, row, right+50, row)
		text(right+58, row+4, "", l.name)
	}
	return b.String() + "</svg>\n"
}

// ticks are the marks of both axes: each value on the horizontal one, and 1, 2, 5
// and their tenfolds around the values on the vertical one.
func (c *chart) ticks() (xs, ys []float64) {
	low, high := math.Inf(1), 0.0
	for _, l := range c.lines {
		for _, p := range l.points {
			xs = append(xs, p.x)
			low, high = min(low, p.y), max(high, p.y)
		}
	}
	slices.Sort(xs)
	for power := math.Floor(math.Log10(low)); power <= math.Ceil(math.Log10(high)); power++ {
		for _, digit := range []float64{1, 2, 5} {
			ys = append(ys, digit*math.Pow(10, power))
		}
	}
	first := slices.IndexFunc(ys, func(v float64) bool { return v > low })
	last := slices.IndexFunc(ys, func(v float64) bool { return v >= high })
	return slices.Compact(xs), ys[max(0, first-1) : last+1]
}

// scale places values between the first and the last of the ticks.
func scale(ticks []float64, from, to float64, linear bool) func(float64) float64 {
	place := math.Log
	if linear {
		place = func(v float64) float64 { return v }
	}
	low, high := place(ticks[0]), place(ticks[len(ticks)-1])
	return func(v float64) float64 {
		if low == high {
			return (from + to) / 2
		}
		return from + (place(v)-low)/(high-low)*(to-from)
	}
}

// number writes a value of an axis.
func number(v float64) string {
	if v >= 1 {
		return grouped(int(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// TestChart reads what is drawn as XML: every point inside of the plot, each to
// the right of the one before, and higher where its value is.
func TestChart(t *testing.T) {
	t.Parallel()
	for _, linear := range []bool{false, true} {
		c := &chart{title: `a < b & "c"`, x: "rows", y: "requests/s", linear: linear}
		for i, y := range []float64{0.013, 1, 2, 999, 50_000} {
			c.add("falling", "postgres", []int{1, 3, 10, 300, 1_000_000}[i], 50_001-y)
			c.add("rising", "sqlite hand", []int{1, 3, 10, 300, 1_000_000}[i], y)
		}
		drawn := c.svg()
		circles := map[string][]point{}
		texts := map[string]bool{}
		for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, drawn)
			}
			switch e := token.(type) {
			case xml.CharData:
				texts[string(e)] = true
			case xml.StartElement:
				if e.Name.Local == "circle" {
					a := map[string]string{}
					for _, attribute := range e.Attr {
						a[attribute.Name.Local] = attribute.Value
					}
					x, errX := strconv.ParseFloat(a["cx"], 64)
					y, errY := strconv.ParseFloat(a["cy"], 64)
					if err := errors.Join(errX, errY); err != nil {
						t.Fatal(err)
					}
					circles[a["class"]] = append(circles[a["class"]], point{x, y})
				}
			}
		}
		for class, sign := range map[string]float64{"postgres": 1, "sqlite hand": -1} {
			list := circles[class]
			if len(list) != 5 {
				t.Fatalf("%s: %d points", class, len(list))
			}
			for i, p := range list {
				if p.x < left || p.x > right || p.y < top || p.y > bottom {
					t.Errorf("%s: %v is outside of the plot", class, p)
				}
				if i > 0 && (p.x <= list[i-1].x && !linear || p.x < list[i-1].x || (p.y-list[i-1].y)*sign < 0) {
					t.Errorf("%s: %v does not follow on %v", class, p, list[i-1])
				}
			}
		}
		for _, want := range []string{c.title, "falling", "rising", "rows", "requests/s", "1,000,000", "50,000", "0.01"} {
			if !texts[want] {
				t.Errorf("the text %q is missing", want)
			}
		}
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "1", 999: "999", 1000: "1,000", 123456: "123,456", 1000000: "1,000,000"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
