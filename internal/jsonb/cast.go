package jsonb

import (
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// maxCast is the length of the longest text that is read as a number.
const maxCast = 400

// Cast reads a text as int8, float8, numeric or bool, in the spelling of JSON,
// and returns it as JSON. Leading zeros are left out.
func Cast(text, typ string) (string, error) {
	if typ == "bool" {
		if text != "true" && text != "false" {
			return "", canon.ErrSyntax
		}
		return text, nil
	}
	digits := strings.TrimPrefix(text, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	if len(text) > maxCast || !isDigits(whole) || pointed && !isDigits(fraction) {
		return "", canon.ErrSyntax
	}
	switch typ {
	case "int8":
		if pointed {
			return "", canon.ErrSyntax
		}
		n, err := canon.ParseInt(text)
		return fmt.Sprint(n), err
	case "float8":
		f, err := canon.ParseFloat(text)
		return string(canon.AppendFloat(nil, f)), err
	case "numeric":
		return canon.ParseDecimal(text)
	}
	return "", fmt.Errorf("jsonb: no cast to %s", typ)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
