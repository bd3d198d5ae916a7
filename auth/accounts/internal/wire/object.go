package wire

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/factor"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// list returns a member that is a list of strings; one that is absent or null is nil.
func (o object) list(name string) (*[]string, error) {
	v, ok := o[name]
	if !ok || v.Kind() == strictjson.Null {
		return nil, nil
	}
	out := []string{}
	if v.Kind() != strictjson.Array || json.Unmarshal(v.Raw(), &out) != nil || hasNull(v) {
		return nil, fail.New(problem.AuthValidation, "%s must be a list of strings", name)
	}
	return &out, nil
}

// hasNull reports whether a list has a null, which decoding takes for an empty text.
func hasNull(list strictjson.Value) bool {
	for _, v := range list.Elements() {
		if v.Kind() == strictjson.Null {
			return true
		}
	}
	return false
}

// webauthnAnswer reads the member webauthn of a body.
func (o object) webauthnAnswer() (answer factor.WebAuthnAnswer, err error) {
	for name, value := range o["webauthn"].Members() {
		switch string(name) {
		case "type":
			answer.Type, _ = value.Text()
		case "credential_response":
			answer.Response = value.Raw()
			if value.Kind() != strictjson.Object {
				return answer, fail.New(problem.AuthValidation, "credential_response must be an object")
			}
		}
	}
	if answer.Type != factor.CeremonyCreate && answer.Type != factor.CeremonyRequest || answer.Response == nil {
		return answer, fail.New(problem.AuthValidation, "webauthn must have a type, create or request, and a credential_response")
	}
	return answer, nil
}

// required returns a member that is a string and not empty.
func (o object) required(name string) (string, error) {
	text, err := o.text(name)
	if err == nil && text == "" {
		err = fail.New(problem.AuthValidation, "%s needs to be non-empty", name)
	}
	return text, err
}

// flag returns a member that is true or false; one that is missing or null is absent.
func (o object) flag(name string, absent bool) (bool, error) {
	v, ok := o[name]
	switch {
	case !ok || v.Kind() == strictjson.Null:
		return absent, nil
	case v.Kind() != strictjson.Bool:
		return false, fail.New(problem.AuthValidation, "%s must be true or false", name)
	}
	return v.Bool(), nil
}

// metadata returns a member that is an object, in canonical form, "{}" without one.
func (o object) metadata(name string) (store.JSON, error) {
	v, ok := o[name]
	if !ok || v.Kind() == strictjson.Null {
		return "{}", nil
	}
	if v.Kind() != strictjson.Object {
		return "", fail.New(problem.AuthValidation, "%s must be an object", name)
	}
	var doc store.JSON
	if err := doc.UnmarshalJSON(v.Raw()); err != nil {
		return "", err
	}
	if len(doc) > data.MaxMetadata { // as it is kept, with exponents written out
		return "", data.ErrMetadata
	}
	return doc, nil
}

// object is the body of a request, a JSON object.
type object map[string]strictjson.Value

// body reads the body. One that is empty is an object without members.
func (x *request) body() (object, error) {
	media, params, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	raw, readErr := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	if readErr != nil {
		return nil, problem.Unread(readErr)
	}
	x.bodyRead()
	if len(raw) == 0 {
		return object{}, nil
	}
	if charset, said := params["charset"]; err != nil || media != "application/json" || said && !strings.EqualFold(charset, "utf-8") {
		// Any page can send text or a form to another site without asking first.
		return nil, &problem.Error{Code: problem.MediaType, Message: "The body must be application/json in UTF-8."}
	}
	doc, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		return nil, &problem.Error{Code: problem.AuthBadJSON, Cause: err}
	}
	if doc.Kind() != strictjson.Object {
		return nil, &problem.Error{Code: problem.AuthBadJSON, Message: "The body must be an object."}
	}
	out := object{}
	for name, value := range doc.Members() {
		out[string(name)] = value
	}
	return out, nil
}

// text returns a member that is a string; one that is absent or null is empty.
func (o object) text(name string) (string, error) {
	v, ok := o[name]
	if !ok || v.Kind() == strictjson.Null {
		return "", nil
	}
	text, ok := v.Text()
	if !ok {
		return "", fail.New(problem.AuthValidation, "%s must be a string", name)
	}
	return text, nil
}

// texts returns several members that are strings.
func (o object) texts(names ...string) (map[string]string, error) {
	out := make(map[string]string, len(names))
	for _, name := range names {
		text, err := o.text(name)
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}
