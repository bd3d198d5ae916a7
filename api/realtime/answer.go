package realtime

import (
	"encoding/json"
	"net/http"

	"github.com/seed-7694ebf6/plinth/api"
)

// writeAnswer writes an answer as JSON that is not stored, or an error.
func writeAnswer(w http.ResponseWriter, r *http.Request, answer any, err error) {
	var body []byte
	if err == nil {
		body, err = json.Marshal(answer)
	}
	if err != nil {
		api.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}
