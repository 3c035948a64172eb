package ports

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// standard is shown in place of a variable.
const standard = "fixed by the standard"

func (r Row) variable() string {
	if r.Variable == "" {
		return standard
	}
	return r.Variable
}

// state is State with its detail: "held: plexmediaserver (pid 12) on ...".
func (r Row) state() string {
	if r.Detail == "" {
		return r.State.String()
	}
	return r.State.String() + ": " + r.Detail
}

func (f Firewall) title() string {
	if f.Note == "" {
		return f.Tool
	}
	return f.Tool + " (" + f.Note + ")"
}

// WriteText writes the plan as a table and the firewalls below it.
func WriteText(w io.Writer, plan []Row, firewalls []Firewall) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PORT\tPROTOCOL\tPURPOSE\tWHO CONNECTS\tVARIABLE\tSTATE NOW")
	for _, r := range plan {
		fmt.Fprintf(table, "%s\t%v\t%s\t%s\t%s\t%s\n", r.PortsText(), r.Protocol, r.Purpose, r.From, r.variable(), r.state())
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("ports: write table: %w", err)
	}
	var b strings.Builder
	for _, f := range firewalls {
		fmt.Fprintf(&b, "\n%s:\n", f.title())
		for _, line := range f.Lines {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("ports: write firewalls: %w", err)
	}
	return nil
}

// Markdown is the plan as a table, with a column for the state if it is known.
func Markdown(plan []Row) string {
	known := false
	for _, r := range plan {
		known = known || r.State != StateUnknown
	}
	var b strings.Builder
	b.WriteString("| Port | Protocol | Purpose | Who connects | Variable |")
	b.WriteString(map[bool]string{true: " State now |\n|---|---|---|---|---|---|\n", false: "\n|---|---|---|---|---|\n"}[known])
	for _, r := range plan {
		variable := standard
		if r.Variable != "" {
			variable = "`" + r.Variable + "`"
		}
		fmt.Fprintf(&b, "| %s | %v | %s | %s | %s |", r.PortsText(), r.Protocol, r.Purpose, r.From, variable)
		if known {
			fmt.Fprintf(&b, " %s |", strings.ReplaceAll(r.state(), "|", `\|`))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// WriteMarkdown writes the plan as a table and the firewalls as blocks below it.
func WriteMarkdown(w io.Writer, plan []Row, firewalls []Firewall) error {
	var b strings.Builder
	b.WriteString(Markdown(plan))
	for _, f := range firewalls {
		fmt.Fprintf(&b, "\n%s:\n\n```sh\n%s\n```\n", f.title(), strings.Join(f.Lines, "\n"))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("ports: write markdown: %w", err)
	}
	return nil
}

// rowJSON is a Row as it is encoded. First and Last are 0 for any port.
type rowJSON struct {
	First    uint16 `json:"first"`
	Last     uint16 `json:"last"`
	Protocol string `json:"protocol"`
	Purpose  string `json:"purpose"`
	From     string `json:"from"`
	Variable string `json:"variable,omitempty"`
	State    State  `json:"state"`
	Detail   string `json:"detail,omitempty"`
}

// WriteJSON writes one object with the plan and the firewalls.
func WriteJSON(w io.Writer, plan []Row, firewalls []Firewall) error {
	rows := make([]rowJSON, len(plan))
	for i, r := range plan {
		rows[i] = rowJSON{r.Ports.First, r.Ports.Last, r.Protocol.String(), r.Purpose, r.From, r.Variable, r.State, r.Detail}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(struct {
		Ports     []rowJSON  `json:"ports"`
		Firewalls []Firewall `json:"firewalls"`
	}{rows, firewalls})
	if err != nil {
		return fmt.Errorf("ports: write JSON: %w", err)
	}
	return nil
}
