package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"suiren/internal/say"
	"suiren/internal/terminal"
)

// root builds the tree of commands, in the reader's language.
func (a *app) root() *cobra.Command {
	cobra.EnableCommandSorting = false // the order of the tree is the reader's
	root := &cobra.Command{
		Use:   "suiren",
		Short: a.t("Make, run and guard language models on this machine, without a network", "在本机制作、运行并守护语言模型，无需网络"),
		Long: a.t(`Suiren makes, runs and guards language models on this machine, without a network.

  suiren serve                       the page: run a model, ask documents, train your own
  suiren chat MODEL                  talk with a model that you have: a GGUF file, a folder
  suiren knowledge add NAME FOLDER   ask your own documents
  suiren up examples/tutor           from a plan and random weights to a chat`,
			`Suiren（燧人）在本机制作、运行并守护语言模型，无需网络。

  suiren serve                     打开页面：运行模型、向文档提问、训练自己的模型
  suiren chat 模型                 与已有的模型对话：GGUF 文件或模型目录
  suiren knowledge add 名称 目录   向自己的文档提问
  suiren up examples/tutor         从计划和随机权重到对话`),
		SilenceErrors: true, SilenceUsage: true,
		Args: a.noCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return a.checkFlags(c)
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	f := root.PersistentFlags()
	f.SortFlags = false
	f.String("lang", "", a.t("language of messages: en or zh (default: the locale's)", "消息的语言：en 或 zh（默认随系统）"))
	f.StringVarP(&a.format, "output", "o", a.format, a.t("form of the output: text (default) or jsonl", "输出形式：text（默认）或 jsonl"))
	f.Lookup("output").DefValue = "" // in the sentence above
	f.IntVar(&a.threads, "threads", 0, a.t("most threads to use (default: SUIREN_THREADS, or all)", "最多使用的线程数（默认：SUIREN_THREADS 或全部）"))
	f.StringVarP(&a.state, "state", "C", "", a.t("folder of what was made (default: .suiren beside the plan file)", "存放产物的目录（默认：计划文件旁的 .suiren）"))

	root.SetOut(heedless{a.stdout})
	root.SetErr(a.stderr)
	root.SetUsageTemplate(a.usageTemplate())
	root.SetHelpTemplate(`{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`)
	root.SetFlagErrorFunc(a.flagError)
	titles, all := a.commands()
	root.AddGroup(titles...)
	root.AddCommand(all...)
	root.SetHelpCommand(a.helpCommand())
	a.folderFlags(root)
	a.helpFlags(root)
	return root
}

// folderFlags lets every command that takes the plan's folder as its last argument take it
// as --plan too, as the other commands do.
func (a *app) folderFlags(c *cobra.Command) {
	for _, sub := range c.Commands() {
		a.folderFlags(sub)
	}
	last := c.Use[strings.LastIndexByte(c.Use, ' ')+1:]
	if !strings.HasPrefix(last, "["+a.t("FOLDER", "目录")) || c.Flags().Lookup("plan") != nil {
		return
	}
	var folder string
	a.folderFlag(c, &folder)
	all := func(args []string) []string {
		if folder == "" {
			return args
		}
		return append(slices.Clone(args), folder)
	}
	check, run := c.Args, c.RunE
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil { // or else the folder would stand for what is missing before it
			return err
		}
		return check(c, all(args))
	}
	c.RunE = func(c *cobra.Command, args []string) error { return run(c, all(args)) }
}

// helpFlags gives every command a --help flag with a text in the reader's
// language, for cobra's own is English, and lines that fit a terminal.
func (a *app) helpFlags(c *cobra.Command) {
	c.Long, c.DisableFlagsInUseLine = terminal.Wrap(c.Long), true
	c.Flags().BoolP("help", "h", false, a.t("this help", "显示本帮助"))
	c.Flags().VisitAll(a.helpDefault)
	c.PersistentFlags().VisitAll(a.helpDefault)
	for _, sub := range c.Commands() {
		a.helpFlags(sub)
	}
}

// helpDefault says a flag's default in the reader's language, for pflag's own is English,
// and nothing of a default that is empty.
func (a *app) helpDefault(f *pflag.Flag) {
	none := map[string]string{ // of which pflag says nothing
		"int": "0", "int64": "0", "float64": "0", "bool": "false", "duration": "0s", "stringSlice": "[]", "stringArray": "[]",
	}[f.Value.Type()]
	if f.DefValue != none && f.DefValue != "[]" {
		f.Usage += a.t(" (default %s)", "（默认 %s）", f.DefValue)
	}
	f.DefValue = none
}

var flagType = regexp.MustCompile(`(?m)^( +(?:-\w, )?--[\w-]+ )(stringToString|string|strings|stringArray|int|float|duration)( +)`)

// flagTypes are pflag's names of what flags take. None is wider than pflag's.
var flagTypes = map[string]string{
	"stringToString": "名=值", "string": "值", "strings": "值…", "stringArray": "值…", "int": "数", "float": "小数", "duration": "时长",
}

// flagUsages lists flags, with what they take in the reader's language.
func flagUsages(lang string, f *pflag.FlagSet) string {
	if lang != string(say.Chinese) {
		return f.FlagUsages()
	}
	return flagType.ReplaceAllStringFunc(f.FlagUsages(), func(s string) string {
		m := flagType.FindStringSubmatch(s)
		name := flagTypes[m[2]]
		return m[1] + terminal.Pad(name, len(m[2])) + m[3]
	})
}

func (a *app) usageTemplate() string {
	cobra.AddTemplateFunc("flags", flagUsages)
	r := strings.NewReplacer("LANG", strconv.Quote(string(a.lang)),
		"USAGE", a.t("Usage:", "用法："), "COMMANDS", a.t("Commands:", "命令："), "FLAGS", a.t("Flags:", "选项："),
		"GLOBAL", a.t("Flags of every command:", "所有命令共用的选项："), "ARGS", a.t("[flags]", "[选项]"), "SUB", a.t("<command>", "<命令>"),
		"MORE", a.t("More on a command: %s <command> --help", "查看命令的详细说明：%s <命令> --help", "{{.CommandPath}}"))
	return r.Replace(`USAGE
  {{if .HasAvailableSubCommands}}{{.CommandPath}} SUB ARGS{{else}}{{.UseLine}} ARGS{{end}}
{{if .HasAvailableSubCommands}}
{{$all := .Commands}}{{range $i, $g := .Groups}}{{if $i}}
{{end}}{{$g.Title}}
{{range $all}}{{if and .IsAvailableCommand (eq .GroupID $g.ID)}}  {{rpad .Name .NamePadding}} {{.Short}}
{{end}}{{end}}{{else}}COMMANDS
{{range .Commands}}{{if .IsAvailableCommand}}  {{rpad .Name .NamePadding}} {{.Short}}
{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}
FLAGS
{{flags LANG .LocalFlags | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableInheritedFlags}}
GLOBAL
{{flags LANG .InheritedFlags | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableSubCommands}}
MORE
{{end}}`)
}

// commands are all commands, in the order a new user meets them; those below a title belong together.
func (a *app) commands() (titles []*cobra.Group, all []*cobra.Command) {
	for _, g := range []struct {
		title string
		of    []*cobra.Command
	}{
		{a.t("Make a model by a plan:", "按计划制作模型："), []*cobra.Command{a.upCommand(), a.planCommand(), a.applyCommand(), a.showCommand(), a.previewCommand(),
			a.statusCommand(), a.dataCommand(), a.scalingCommand(), a.doctorCommand(), a.benchCommand()}},
		{a.t("Use models and documents:", "使用模型与文档："), []*cobra.Command{a.runCommand(), a.chatCommand(), a.serveCommand(), a.modelsCommand(), a.knowledgeCommand(),
			a.exportCommand(), a.replayCommand()}},
		{a.t("Keep it safe:", "保安全："), []*cobra.Command{a.guardCommand(), a.auditCommand(), a.keyCommand(), a.userCommand(), a.tenantCommand(), a.accessCommand(),
			a.certificateCommand()}},
		{a.t("Operate it:", "日常运营："), []*cobra.Command{a.releaseCommand(), a.usageCommand(), a.budgetCommand(), a.traceCommand(), a.alertCommand(), a.careCommand(),
			a.backupCommand(), a.restoreCommand(), a.storeCommand(), a.supportCommand(), a.resetCommand()}},
		{a.t("Besides:", "其他："), []*cobra.Command{a.versionCommand(), a.exitCodesTopic(), a.completionCommand()}},
	} {
		titles = append(titles, &cobra.Group{ID: g.title, Title: g.title})
		for _, c := range g.of {
			c.GroupID = g.title
		}
		all = append(all, g.of...)
	}
	return titles, all
}

// helpCommand is suiren help [command].
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "help [" + a.t("command", "命令") + "]",
		Short:             a.t("Explain a command", "说明一个命令"),
		DisableAutoGenTag: true,
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return a.noCommand(root, args)
			}
			return c.Help()
		},
	}
}

// exitCodesTopic is a help topic, not something to run.
func (a *app) exitCodesTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString(a.t("The exit codes:\n", "退出码：\n"))
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "\n  %3d  %s", e.code, e.when.In(a.lang))
	}
	c := &cobra.Command{
		Use: "exit-codes", Short: a.t("What the exit codes mean", "退出码的含义"), Args: a.args(0, 0),
	}
	c.RunE = func(*cobra.Command, []string) error {
		if a.format != formatJSONL {
			fmt.Fprintln(a.stdout, b.String())
			return nil
		}
		for _, e := range exitCodes {
			a.line(map[string]any{"type": "exit_code", "code": e.code, "when": e.when.In(a.lang)})
		}
		return nil
	}
	c.SetHelpFunc(func(*cobra.Command, []string) { fmt.Fprintln(a.stdout, b.String()) })
	return c
}

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:       "completion " + strings.Join(shells, "|"),
		Short:     a.t("Write a shell's completion script", "生成命令行补全脚本"),
		ValidArgs: shells, Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			write := map[string]func(io.Writer) error{
				"bash": func(w io.Writer) error { return c.Root().GenBashCompletionV2(w, true) },
				"zsh":  c.Root().GenZshCompletion, "powershell": c.Root().GenPowerShellCompletionWithDesc,
				"fish": func(w io.Writer) error { return c.Root().GenFishCompletion(w, true) },
			}[args[0]]
			if write == nil {
				return usage(args[0], say.T("not a shell that can be completed", "不支持为此 shell 补全"),
					say.T("choose one of %s", "可选：%s", shells))
			}
			return write(a.stdout)
		},
	}
}

// noCommand refuses the name of a command that does not exist.
func (a *app) noCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	next := say.T("%s --help lists them", "用 %s --help 查看全部命令", c.CommandPath())
	c.SuggestionsMinimumDistance = 2
	if like := c.SuggestionsFor(args[0]); len(like) > 0 {
		next = say.T("did you mean %s?", "您是不是想用 %s？", like)
	}
	return usage("", say.T("%s has no command %q", "%s 没有 %q 命令", c.CommandPath(), args[0]), next)
}

// args checks the number of a command's arguments.
func (a *app) args(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		next := say.T("usage: %s", "用法：%s", c.UseLine())
		switch {
		case len(args) > most:
			return usage("", say.T("%q is one argument too many", "多了参数 %q", args[most]), next)
		case len(args) < least:
			return usage("", say.T("an argument is missing", "缺少参数"), next)
		}
		return nil
	}
}

// group makes a command that only holds others.
func (a *app) group(name, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: name, Short: short, Args: a.noCommand}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(subs...)
	return c
}

// flagError says in the reader's language what the flag parser found.
func (a *app) flagError(c *cobra.Command, err error) error {
	next := say.T("%s --help lists the flags", "用 %s --help 查看选项", c.CommandPath())
	others := map[string]string{"target": "only", "replace": "anew"} // what terraform calls them
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = name[1:]
		} else if ours := others[unknown.GetSpecifiedName()]; c.Flags().Lookup(ours) != nil {
			next = say.T("did you mean --%s?", "您是不是想用 --%s？", ours)
		}
		return usage("", say.T("there is no flag %s", "没有 %s 选项", name), next)
	case errors.As(err, &missing):
		return usage("", say.T("flag %q needs a value", "选项 %q 需要取值", missing.GetSpecifiedName()), next)
	case errors.As(err, &invalid):
		if invalid.GetFlag().Value.Type() == "duration" {
			next = say.T("write it with its unit, as 30s or 5m", "请带单位写，如 30s、5m")
		}
		return usage("--"+invalid.GetFlag().Name, say.T("%q is not a value of this flag", "%q 不是此选项的合法取值", invalid.GetValue()), next)
	}
	return usage("", say.T("the flags cannot be read: %v", "无法解析选项：%v", err), next)
}

// checkFlags checks the flags of every command, before it runs.
func (a *app) checkFlags(c *cobra.Command) error {
	a.screen.Lang = a.lang
	if strings.HasSuffix(a.format, planSuffix) && c.Name() == "plan" {
		a.saveTo, a.format = a.format, formatText
	}
	if a.format != formatText && a.format != formatJSONL {
		bad := a.format
		a.format = formatText
		next := say.T("choose text or jsonl", "请选 text 或 jsonl")
		if c.Name() == "plan" {
			next = say.T("choose text or jsonl, or NAME.plan to save the plan", "请选 text 或 jsonl；要保存计划请写 名称.plan")
		}
		return usage("--output", say.T("%q is not a form of output", "%q 不是输出形式", bad), next)
	}
	if f := c.Flags().Lookup("lang"); f != nil && f.Changed {
		if _, known := say.Parse(f.Value.String()); !known {
			return usage("--lang", say.T("there are no messages in %q", "没有 %q 的消息", f.Value.String()), say.T("choose en or zh", "请选 en 或 zh"))
		}
	}
	if f := c.Flags().Lookup("checkpoint-every"); f != nil && f.Changed && a.every <= 0 {
		return usage("--checkpoint-every", say.T("%v is not a length of time", "%v 不是时长", a.every), say.T("write it like 30s", "请写成 30s 的样子"))
	}
	for top := c; a.state != "" && top.HasParent(); top = top.Parent() {
		if slices.Contains([]string{"run", "chat", "models", "knowledge"}, top.Name()) && top.Parent() == c.Root() && !slices.ContainsFunc(c.Flags().Args(), isBlock) {
			return usage("--state", say.T("%s does not read what a plan made", "%s 不读取计划产物", top.Name()),
				say.T("leave it out; the folder of models and knowledge bases is $SUIREN_HOME", "请去掉此选项；模型与知识库的目录由 $SUIREN_HOME 指定"))
		}
	}
	var bad error
	c.Flags().Visit(func(f *pflag.Flag) {
		n, err := strconv.ParseFloat(f.Value.String(), 64)
		r, known := ranges[f.Name]
		if known && err == nil && !(n >= r.least && n <= r.most) && bad == nil {
			bad = usage("--"+f.Name, say.T("%v is out of range", "%v 超出范围", f.Value), r.next)
		}
	})
	return bad
}

// An extent is the least and the most that a number may be, and what to give.
type extent struct {
	least, most float64
	next        say.Text
}

var fromOne = extent{1, math.MaxInt64, say.T("give a whole number from 1", "请写不小于 1 的整数")}

// ranges are those of flags that take a number.
var ranges = map[string]extent{
	"threads": fromOne, "context": fromOne, "max-tokens": fromOne, "slots": fromOne,
	"seed":        {0, math.MaxInt64, say.T("give a whole number from 0", "请写不小于 0 的整数")},
	"temperature": {0, 2, say.T("give a number from 0 to 2", "请写 0 到 2 之间的数")},
}
