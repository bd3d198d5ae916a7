package web

import (
	"encoding/csv"
	"io"
	"iter"
	"net/http"
	"strings"
)

// SendCSV sends rows as a file for spreadsheets, of any length. After an error in between it
// cuts the connection, since the browser must not take the file for complete.
func SendCSV[T any](w http.ResponseWriter, file string, head []string, rows iter.Seq2[*T, error], line func(*T) []string) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	_, _ = io.WriteString(w, "\ufeff") // spreadsheets take the file for UTF-8
	out := csv.NewWriter(w)
	_ = out.Write(head) // Error reports it
	for row, err := range rows {
		if err == nil {
			err = out.Write(line(row))
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	out.Flush()
	return out.Error()
}

// Cell returns a text that a spreadsheet does not take for a formula.
func Cell(text string) string {
	if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r\n") {
		return "'" + text
	}
	return text
}
