package openapi

import (
	"net/http"
	"strconv"
)

// stepMethods are what a step of a batch may do.
var stepMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// batch adds the path by which several requests are one transaction.
func (b *builder) batch() {
	b.tags = append(b.tags, tag{"batch", "Requests in one transaction."})
	b.schemas = append(b.schemas, Property{"plinth.Step", stepSchema()}, Property{"plinth.StepAnswer", stepAnswerSchema()})
	steps := list(ref("plinth.Step"))
	steps.MaxItems = count(b.api.Steps)
	post := operationObject{
		Tags: []string{"batch"}, Summary: "Do several requests or none", OperationID: "batch",
		Description: "The steps run in their order, each as a request of its own; the first that fails undoes all and its error is the answer.",
		Parameters:  []Parameter{parameterRef("Content-Profile")},
		RequestBody: &RequestBody{Description: "The steps.", Required: true, Content: Content{{jsonForm, steps}}},
		Responses: responses(http.MethodPost, []answer{{http.StatusOK, "What each step has answered.", preferred, func(answer *Schema) Content {
			return Content{{jsonForm, list(answer)}}
		}}}, append([]int{http.StatusMethodNotAllowed, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable}, writeFailures...), ref("plinth.StepAnswer")),
	}
	if b.api.Repeats {
		b.repeats(&post)
	}
	b.paths = append(b.paths, entry[ordered[operationObject]]{b.api.Prefix + "/-/batch", ordered[operationObject]{{"post", post}}})
}

func stepSchema() *Schema {
	id, method, path := text(), text(), text()
	id.MinLength, id.MaxLength, id.Pattern = count(1), count(64), "^[^#]*$"
	id.Description = "Name of the step, its number without one."
	for _, m := range stepMethods {
		method.Enum = append(method.Enum, jsonText(m))
	}
	path.Pattern, path.Description = "^/([^/#][^#]*)?$", "Path below that of the API, with its query: `/orders?select=id`."
	headers := &Schema{Type: TypeList{"object"}, AdditionalProperties: &Closed{}}
	for _, name := range []string{"Accept", "Accept-Profile", "Content-Profile", "If-Match", "If-None-Match", "Prefer", "Range", "Range-Unit"} {
		headers.Properties = append(headers.Properties, Property{name, text()})
	}
	return &Schema{
		Type: TypeList{"object"}, Required: []string{"method", "path"}, AdditionalProperties: &Closed{},
		Properties: Properties{
			{"id", id},
			{"method", method},
			{"path", path},
			{"headers", headers},
			{"body", &Schema{Description: "JSON, as the request has it."}},
			{"bind", &Schema{
				Type: TypeList{"object"}, AdditionalProperties: &Closed{text()},
				Description: "Values for the body: places in it, as JSON Pointers, to `step#/pointer` in the answer of a step before.",
			}},
		},
	}
}

func stepAnswerSchema() *Schema {
	return &Schema{
		Type: TypeList{"object"}, Required: []string{"id", "status", "headers", "body"}, AdditionalProperties: &Closed{},
		Properties: Properties{
			{"id", text()},
			{"status", &Schema{Type: TypeList{"integer"}}},
			{"headers", &Schema{Type: TypeList{"object"}, AdditionalProperties: &Closed{text()}}},
			{"body", &Schema{Description: "As the request has it, null where there is none, a text if it is not JSON."}},
		},
	}
}

// repeats lets a write be named, so that it is done once.
func (b *builder) repeats(o *operationObject) {
	o.Parameters = append(o.Parameters, parameterRef("Idempotency-Key"))
	for i := range o.Responses {
		if r := &o.Responses[i]; r.name < "3" {
			r.value.Headers = append(r.value.Headers[:len(r.value.Headers):len(r.value.Headers)], Header{"Idempotent-Replayed"})
		}
	}
	for _, status := range []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests} {
		o.Responses = append(o.Responses, entry[Response]{strconv.Itoa(status), Response{Ref: responsesPath + failureName(status)}})
	}
	sortResponses(o.Responses)
}
