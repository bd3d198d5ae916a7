package pgrst_test

import (
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

func TestNegotiateAccept(t *testing.T) {
	t.Parallel()

	const refused = pgrst.Media(99)
	tests := []struct {
		name  string
		lines []string
		want  pgrst.Media
	}{
		{"None", nil, pgrst.MediaJSON},
		{"Empty", []string{""}, pgrst.MediaJSON},
		{"Any", []string{"*/*"}, pgrst.MediaJSON},
		{"AnyApplication", []string{"application/*"}, pgrst.MediaJSON},
		{"JSON", []string{"application/json"}, pgrst.MediaJSON},
		{"Charset", []string{"Application/JSON; charset=utf-8"}, pgrst.MediaJSON},
		{"Object", []string{"application/vnd.pgrst.object+json"}, pgrst.MediaObject},
		{"ObjectShort", []string{"application/vnd.pgrst.object"}, pgrst.MediaObject},
		{"Array", []string{"application/vnd.pgrst.array+json"}, pgrst.MediaArray},
		{"Browser", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, pgrst.MediaJSON},
		{"FirstOfEquals", []string{"application/vnd.pgrst.object+json, application/json"}, pgrst.MediaObject},
		{"Weight", []string{"application/json;q=0.5", "application/vnd.pgrst.object+json;q=0.9"}, pgrst.MediaObject},
		{"ProblemBeside", []string{"application/problem+json, application/json"}, pgrst.MediaJSON},
		{"QuotedComma", []string{`text/x;a="application/json,", application/vnd.pgrst.object+json`}, pgrst.MediaObject},
		{"Zero", []string{"application/json;q=0"}, refused},
		{"ZeroButOther", []string{"application/json;q=0, application/vnd.pgrst.object+json"}, pgrst.MediaObject},
		{"BadWeight", []string{"application/json;q=NaN"}, refused},
		{"ZeroLong", []string{"application/json;q=0.000"}, refused},
		{"ExponentWeight", []string{"application/json;q=1e-1"}, refused},
		{"HexadecimalWeight", []string{"application/json;q=0x1p-1"}, refused},
		{"SignedWeight", []string{"application/json;q=+0.5"}, refused},
		{"Java", []string{"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}, pgrst.MediaJSON},
		{"WeightTooLarge", []string{"application/json;q=1.5"}, refused},
		{"CSV", []string{"text/csv"}, pgrst.MediaCSV},
		{"NullsStripped", []string{"application/vnd.pgrst.object+json;nulls=stripped"}, pgrst.MediaObjectStripped},
		{"NullsStrippedArray", []string{"application/vnd.pgrst.array+json; nulls=stripped"}, pgrst.MediaArrayStripped},
		{"NullsOfJSON", []string{"application/json;nulls=stripped"}, refused},
		{"NullsOther", []string{"application/vnd.pgrst.array+json;nulls=kept"}, refused},
		{"Plan", []string{`application/vnd.pgrst.plan+json; for="application/json"`}, refused},
		{"Unknown", []string{"text/unknowntype"}, refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := pgrst.NegotiateAccept(http.Header{"Accept": tt.lines})
			if tt.want != refused {
				if err != nil || got != tt.want {
					t.Errorf("got %d, %v, want %d", got, err, tt.want)
				}
				return
			}
			if code, message, _ := problemOf(t, err); code != "PGRST107" || message != "None of these media types are available: "+tt.lines[0] {
				t.Errorf("got %s %q", code, message)
			}
		})
	}
}

func TestMediaContentType(t *testing.T) {
	t.Parallel()

	for media, want := range map[pgrst.Media]string{
		pgrst.MediaJSON:   "application/json; charset=utf-8",
		pgrst.MediaArray:  "application/vnd.pgrst.array+json; charset=utf-8",
		pgrst.MediaObject: "application/vnd.pgrst.object+json; charset=utf-8",

		pgrst.MediaArrayStripped:  "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
		pgrst.MediaObjectStripped: "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
		pgrst.MediaCSV:            "text/csv; charset=utf-8",
	} {
		if got := media.ContentType(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, method string
		header       http.Header
		want, code   string
	}{
		{"None", "GET", http.Header{}, "", ""},
		{"Read", "GET", http.Header{"Accept-Profile": {"public"}}, "public", ""},
		{"Head", "HEAD", http.Header{"Accept-Profile": {"public"}}, "public", ""},
		{"Write", "POST", http.Header{"Content-Profile": {"public"}}, "public", ""},
		{"OtherHeader", "GET", http.Header{"Content-Profile": {"private"}}, "", ""},
		{"WriteOtherHeader", "DELETE", http.Header{"Accept-Profile": {"private"}}, "", ""},
		{"Unknown", "GET", http.Header{"Accept-Profile": {"private"}}, "", "PGRST106"},
		{"Twice", "PATCH", http.Header{"Content-Profile": {"public", "private"}}, "", "PGRST106"},
		{"NotUTF8", "GET", http.Header{"Accept-Profile": {"\xff"}}, "", "PGRST106"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := pgrst.Profile(tt.method, tt.header)
			if tt.code != "" {
				if code, _, _ := problemOf(t, err); code != tt.code {
					t.Errorf("got %s", code)
				}
			} else if err != nil || got != tt.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
