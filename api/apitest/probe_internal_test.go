package apitest

import (
	"net/http"
	"testing"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	get, patch := &attempt{method: http.MethodGet, target: "/a/1"}, &attempt{method: http.MethodPatch, target: "/a?id=eq.1"}
	remove := &attempt{method: http.MethodDelete, target: "/a/1"}
	none := http.Header{"Content-Range": {"*/0"}}
	tests := []struct {
		name    string
		attempt *attempt
		res     Response
		want    outcome
	}{
		{"Seen", get, Response{Status: 200}, permitted},
		{"NotSeen", get, Response{Status: 404}, refused},
		{"Reached", patch, Response{Status: 204, Header: http.Header{"Content-Range": {"0-0/1"}}}, permitted},
		{"ReachedNothing", patch, Response{Status: 204, Header: none}, refused},
		{"Denied", patch, Response{Status: 403}, refused},
		{"HiddenTarget", patch, Response{Status: 409, Body: `{"code":"23503"}`}, refused},
		{"TakenKey", patch, Response{Status: 409, Body: `{"code":"23505"}`}, strange},
		{"StillReferenced", remove, Response{Status: 409, Body: `{"code":"23503"}`}, strange},
		{"ClosedColumn", patch, Response{Status: 400, Body: `{"code":"PL003"}`}, unwritable},
		{"NoColumn", patch, Response{Status: 400, Body: `{"code":"PGRST204"}`}, unwritable},
		{"BadBody", patch, Response{Status: 400, Body: `{"code":"PGRST102"}`}, strange},
		{"Broken", get, Response{Status: 500}, strange},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := judge(tt.attempt, &tt.res); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	got := difference("row  ann\na    -R--\nb    -r--\n", "row  ann\na    -R--\nb    -R--\nc    -r--\n")
	if want := "- b    -r--\n+ b    -R--\n+ c    -r--\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
