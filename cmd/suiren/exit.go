package main

import (
	"errors"
	"slices"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/stage"
	"suiren/store"
)

// The exit codes. Scripts rely on them; suiren help exit-codes lists them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitChanges     = 2
	exitRefused     = 3
	exitMoved       = 4
	exitNoFit       = 5
	exitUsage       = 64
	exitInterrupted = 130
)

var exitCodes = []struct {
	code int
	when say.Text
}{
	{exitOK, say.T("done", "完成")},
	{exitFailed, say.T("failed", "失败")},
	{exitChanges, say.T("plan --check: there is something to make", "plan --check：有需要制作的内容")},
	{exitRefused, say.T("refused: a verdict did not pass, or a policy forbids it", "被拒绝：评测未通过，或策略不允许")},
	{exitMoved, say.T("what was planned from has changed, or another process holds the state folder", "计划所依据的内容已变化，或状态目录被另一进程占用")},
	{exitNoFit, say.T("does not fit into this machine's memory", "本机内存放不下")},
	{exitUsage, say.T("the command line or the plan file is wrong", "命令行或计划文件有误")},
	{exitInterrupted, say.T("interrupted; the same command goes on from the last checkpoint", "被中断；再次运行同一命令会从上个检查点继续")},
}

var (
	errChanges     = errors.New("there is something to make")
	errUsage       = errors.New("wrong command line")
	errInterrupted = say.Errorf("interrupted; run the same command again to go on from the last checkpoint", "已中断；再次运行同一命令会从上个检查点继续")
)

// usage makes an error about the command line.
func usage(where string, what, next say.Text) error {
	return &say.Error{Where: where, What: what, Next: next, Err: errUsage}
}

// exitCode maps an error to the program's exit code. A refusal beside what failed is
// no refusal.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, errChanges):
		return exitChanges
	case errors.Is(err, stage.ErrRefused) && !slices.ContainsFunc(unjoin(err), func(e error) bool { return !errors.Is(e, stage.ErrRefused) }):
		return exitRefused
	case errors.Is(err, plan.ErrMoved), errors.Is(err, store.ErrLocked):
		return exitMoved
	case errors.Is(err, plan.ErrNoFit):
		return exitNoFit
	case errors.Is(err, errUsage), errors.Is(err, plan.ErrInvalid):
		return exitUsage
	}
	return exitFailed
}
