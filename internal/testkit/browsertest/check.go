package browsertest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// ScreenshotsEnv is the environment variable with the folder for screenshots.
//
// Defaults to a folder that is removed at the end of the test.
const ScreenshotsEnv = "PLINTH_TEST_SCREENSHOTS"

// View is a screen on which a page is looked at.
type View struct {
	Name          string
	Width, Height int
	Dark          bool
}

// Views are the screens of [Page.Check].
var Views = []View{
	{"phone", 360, 740, false},
	{"desktop", 1440, 900, false},
	{"dark", 1440, 900, true},
}

// Show sets the screen on which the page is seen.
func (p *Page) Show(v View) {
	p.tb.Helper()
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	p.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": v.Width, "height": v.Height, "deviceScaleFactor": 1, "mobile": v.Width < 500}, nil)
	p.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Check takes a screenshot of the page on each of [Views], named NAME-phone.png and so on. It
// fails the test if the page is wider than the screen, if something stands out of its box, if
// axe-core finds a violation, if the page breaks its Content-Security-Policy, or if one of its
// scripts throws.
func (p *Page) Check(name string) {
	p.tb.Helper()
	for _, v := range Views {
		p.Show(v)
		p.screenshot(name + "-" + v.Name)
		// A phone shows the whole of a page that is too wide, and makes it smaller.
		if got, err := p.Run(`String(Math.max(innerWidth, document.documentElement.scrollWidth))`); err != nil || got != strconv.Itoa(v.Width) {
			p.tb.Errorf("%s on %s has a width of %s pixels, want %d, %v", name, v.Name, got, v.Width, err)
		}
		if got, err := p.Run(standsOut); err != nil || got != "" {
			p.tb.Errorf("%s on %s is wider than its box: %s, %v", name, v.Name, got, err)
		}
		if v.Name == "desktop" {
			continue // of the colors on dark, and the layout of dark
		}
		for _, finding := range p.axe() {
			p.tb.Errorf("%s on %s: %s", name, v.Name, finding)
		}
	}
	for _, problem := range p.Problems() {
		p.tb.Errorf("%s: %s", name, problem)
	}
	p.Show(Views[1])
}

// standsOut is a script that returns the first element with a content wider than itself, unless
// it or what is around it scrolls or hides that.
const standsOut = `(() => {
	const shown = e => e.tagName === "MAIN" || getComputedStyle(e).overflowX === "visible" && shown(e.parentElement)
	const wide = e => e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && e.checkVisibility()
	return [...document.querySelectorAll("main *")].find(e => wide(e) && shown(e))?.outerHTML.slice(0, 160) ?? ""
})()`

// screenshot writes what the screen shows.
func (p *Page) screenshot(name string) {
	p.tb.Helper()
	var shot struct{ Data string }
	p.Call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	raw, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		p.tb.Fatal(err)
	}
	folder := os.Getenv(ScreenshotsEnv)
	if folder == "" {
		folder = p.tb.TempDir()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		p.tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), raw, 0o600); err != nil {
		p.tb.Fatal(err)
	}
}

// axe returns what axe-core finds on the page.
func (p *Page) axe() []string {
	p.tb.Helper()
	if _, err := p.Run("typeof axe === 'undefined' && (() => {" + axeSource(p.tb) + "\n})()"); err != nil {
		p.tb.Fatal(err)
	}
	found, err := p.Run(`axe.run({resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.flatMap(v =>
		v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + ": " + n.failureSummary.replace(/\s+/g, " ")))))`)
	if err != nil {
		p.tb.Fatal(err)
	}
	var findings []string
	if err := json.Unmarshal([]byte(found), &findings); err != nil {
		p.tb.Fatal(err)
	}
	return findings
}

// axeSource returns the script of axe-core.
func axeSource(tb testing.TB) string {
	tb.Helper()
	path, err := axePath()
	if err == nil {
		programtest.File(tb, "npm-packages", path, "npm --prefix internal/testkit/browsertest ci")
		var raw string
		if raw, err = readAxe(path); err == nil {
			return raw
		}
	}
	tb.Fatal(err)
	return ""
}

var readAxe = func() func(string) (string, error) {
	var once sync.Once
	var raw []byte
	var err error
	return func(path string) (string, error) {
		once.Do(func() { raw, err = os.ReadFile(path) })
		return string(raw), err
	}
}()

// axePath returns where npm has installed axe-core, below the folder of the module.
func axePath() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "internal/testkit/browsertest/node_modules/axe-core/axe.min.js"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above %s", strings.TrimSuffix(dir, "/"))
		}
		dir = filepath.Dir(dir)
	}
}
