package deploy_test

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Tools of other modules, at these releases.
const (
	kubeconform = "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0"
	kustomize   = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
	hclfmt      = "github.com/hashicorp/hcl/v2/cmd/hclfmt@v2.25.0"
	composeSpec = "github.com/compose-spec/compose-go/v2/cmd@v2.16.2" // what docker compose reads its files with
)

// TestKubernetes holds the manifests to the schemas of Kubernetes, strictly.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	tool := goTool(t, kubeconform)
	schemas := writeSchemas(t)
	validate := func(files ...string) (string, error) {
		args := append([]string{"-summary", "-verbose", "-ignore-filename-pattern", "kustomization", "-schema-location", filepath.Join(schemas, "{{.ResourceKind}}.json")}, files...)
		out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
		return string(out), err
	}
	out, err := validate("kubernetes")
	if err != nil || !strings.Contains(out, "Summary: 11 resources found in 8 files - Valid: 11, Invalid: 0, Errors: 0, Skipped: 0") {
		t.Errorf("%v\n%s", err, out)
	}
	// The schemas are strict: they refuse what Kubernetes would drop silently.
	for name, change := range map[string][]string{
		"unknown field": {"readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"},
		"wrong type":    {"terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 30s"},
		"nothing there": {"      containers:\n", "      initContainers:\n"},
	} {
		if out, err := validate(changed(t, "kubernetes/deployment.yaml", change...)); err == nil {
			t.Errorf("%s is taken:\n%s", name, out)
		}
	}
}

// TestKustomization lets kustomize put the manifests of a release together.
func TestKustomization(t *testing.T) {
	t.Parallel()
	out := check(t, goTool(t, kustomize), "build", "kubernetes")
	if n := strings.Count("\n"+out, "\nkind: "); n != 9 {
		t.Errorf("%d resources", n)
	}
	for _, text := range []string{"image: registry.example/notes:1.0.0\n", "kind: Deployment\n", "kind: PodDisruptionBudget\n", "kind: HorizontalPodAutoscaler\n"} {
		if !strings.Contains(out, text) {
			t.Errorf("there is no %q", text)
		}
	}
	if strings.Count(out, "\n  namespace: notes\n") < 8 {
		t.Errorf("not all are in the namespace:\n%s", out)
	}
}

// writeSchemas makes a strict JSON schema for each kind from the definitions of Kubernetes.
func writeSchemas(t *testing.T) string {
	t.Helper()
	var all struct {
		Definitions map[string]map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal([]byte(read(t, "testdata/kubernetes/definitions.json")), &all); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, d := range all.Definitions {
		if d["properties"] != nil {
			d["additionalProperties"] = false
		}
		if d["format"] == "int-or-string" {
			d["type"] = []string{"integer", "string"}
			delete(d, "format")
		}
	}
	for name, d := range all.Definitions {
		if d["x-kubernetes-group-version-kind"] == nil {
			continue
		}
		schema, err := json.Marshal(map[string]any{"$ref": "#/definitions/" + name, "definitions": all.Definitions})
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, strings.ToLower(name[strings.LastIndex(name, ".")+1:])+".json"), schema)
	}
	return dir
}

// TestGracePeriods: whoever ends the application waits longer than its drain takes.
func TestGracePeriods(t *testing.T) {
	t.Parallel()
	find := func(file, pattern string) time.Duration {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(read(t, file))
		if m == nil {
			t.Fatalf("%s does not have %s", file, pattern)
		}
		d, err := time.ParseDuration(strings.TrimSuffix(m[1], "s") + "s")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct{ times, grace, pattern string }{
		{"kubernetes/config.yaml", "kubernetes/deployment.yaml", `terminationGracePeriodSeconds: (\d+)`},
		{"compose.yaml", "compose.yaml", `(?s)PLINTH_DRAIN_TIMEOUT.*?stop_grace_period: (\d+s)`},
	} {
		drain := find(tt.times, `PLINTH_DRAIN_DELAY: (\d+s)`) + find(tt.times, `PLINTH_DRAIN_TIMEOUT: (\d+s)`)
		if grace := find(tt.grace, tt.pattern); grace < drain+3*time.Second {
			t.Errorf("%s: %s are too short for a drain of %s", tt.grace, grace, drain)
		}
	}
}

// TestCompose reads the file as docker compose does.
func TestCompose(t *testing.T) {
	t.Parallel()
	tool := goTool(t, composeSpec)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "secrets", "app.env"), []byte(read(t, "app.env.example")))
	file := filepath.Join(dir, "compose.yaml")
	write(t, file, []byte(read(t, "compose.yaml")))
	cmd := exec.CommandContext(t.Context(), tool, "-format", "json", file)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var project struct {
		Services map[string]struct {
			ReadOnly bool `json:"read_only"`
			Volumes  []struct{ Type, Source string }
			Ports    []struct {
				HostIP string `json:"host_ip"`
			}
		}
	}
	if err := json.Unmarshal(out, &project); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"migrate", "app"} {
		if service := project.Services[name]; !service.ReadOnly {
			t.Errorf("%s: %+v", name, service)
		}
	}
	for name, service := range project.Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s is open to %q", name, port.HostIP)
			}
		}
		for _, volume := range service.Volumes {
			if volume.Type != "bind" {
				continue
			}
			if rel, err := filepath.Rel(dir, volume.Source); err != nil || !exists(rel) {
				t.Errorf("%s mounts %s, which is not here", name, volume.Source)
			}
		}
	}
	if out, err := exec.CommandContext(t.Context(), tool, changed(t, "compose.yaml", "cap_drop:", "cap_drops:")).CombinedOutput(); err == nil {
		t.Errorf("an unknown field is taken:\n%s", out)
	}
}

// TestEnvironmentExample: the application takes the environment of the example once each of its secrets is changed, and not
// before.
func TestEnvironmentExample(t *testing.T) {
	t.Parallel()
	var env []string
	for line := range strings.Lines(read(t, "app.env.example")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			env = append(env, line)
		}
	}
	env = append(env, "PLINTH_DATABASE_URL=:memory:")
	secrets := map[string]string{
		"PLINTH_PUBLISHABLE_KEYS": "sb_publishable_" + rand.Text(),
		"PLINTH_SECRET_KEYS":      "sb_secret_" + rand.Text(),
		"PLINTH_MASTER_KEYS":      rand.Text() + rand.Text() + rand.Text() + rand.Text(),
	}
	changedBut := func(kept string) []string {
		env := slices.Clone(env)
		for name, secret := range secrets {
			if name != kept {
				env = append(env, name+"="+secret)
			}
		}
		return env
	}
	out, err := runApp(t, changedBut(""), "policy")
	if err != nil || !strings.Contains(out, "owner_id = principal.id") {
		t.Errorf("%v\n%s", err, out)
	}
	for name := range secrets {
		if out, err := runApp(t, changedBut(name), "policy"); err == nil || !strings.Contains(out, name) {
			t.Errorf("%s as in the example: %v\n%s", name, err, out)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// TestTerraform parses the files with Terraform's own library and wants them formatted.
func TestTerraform(t *testing.T) {
	t.Parallel()
	tool := goTool(t, hclfmt)
	files, err := filepath.Glob("terraform/*.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	check(t, tool, append([]string{"-check", "-require-no-change"}, files...)...)
	if out, err := exec.CommandContext(t.Context(), tool, "-check", changed(t, "terraform/main.tf", "data = {", "data = {{")).CombinedOutput(); err == nil {
		t.Errorf("what is no HCL is taken:\n%s", out)
	}
	if path, err := exec.LookPath("terraform"); err == nil {
		cmd := exec.CommandContext(t.Context(), path, "fmt", "-check", "-diff", "terraform")
		cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("terraform fmt: %v\n%s", err, out)
		}
	}
}
