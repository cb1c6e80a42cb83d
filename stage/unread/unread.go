// Package unread tells people why the files of a model cannot be used: where, why, and what
// to do, in both languages. engine/ says it in English alone, and says no next step.
package unread

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
)

// Next steps that more than one fault has, here or where models are looked for.
var (
	CopyAgain = say.T("the file is cut short or damaged: copy it again and compare its size and SHA-256 with the publisher's", "文件不完整或已损坏：请重新复制，并与发布者公布的大小和 SHA-256 核对")
	GiveModel = say.T("give a GGUF file or a Hugging Face folder", "请给出 GGUF 文件或 Hugging Face 目录")
)

var (
	distrust   = say.T("no known program writes this: do not use the file, ask its publisher", "没有已知程序会这样写：请勿使用此文件，并询问发布者")
	convert    = say.T("convert the model again with a current version of its converter", "请用当前版本的转换工具重新转换模型")
	wholeSet   = say.T("put all parts of the set into one folder, under their own names", "请把整套分片放在同一目录，并保留原文件名")
	giveLoRA   = say.T("give a folder of plain LoRA over this model, whole, as the PEFT library saves it", "请给出 PEFT 库保存的目录：在这个模型上的普通 LoRA，且完整无缺")
	readType   = say.T("take the model in BF16, F16 or F32, or a GGUF file of it in Q8_0 or Q4_K_M", "请改用 BF16、F16 或 F32 的模型，或 Q8_0、Q4_K_M 的 GGUF 文件")
	newerModel = say.T("choose another model or quantisation of it, or a newer Suiren", "请改用其他模型或其他量化版本，或更新 Suiren")
	ownWords   = say.T("take the tokenizer that the publisher gives with these weights, or weights whose embeddings have a row for each token (resize_token_embeddings in transformers)",
		"请使用发布者随这份权重提供的分词器，或改用嵌入为每个词元都有一行的权重（transformers 中的 resize_token_embeddings）")
	// A file of words that is cut short looks like one of a form that is not read.
	newerWords = say.T("choose another model or quantisation of it, or a newer Suiren; if the file may be damaged, copy it again and compare it with the publisher's",
		"请改用其他模型或其他量化版本，或更新 Suiren；文件若可能已损坏，请重新复制并与发布者的核对")
	fileItself  = say.T("put the file itself in its place", "请换成文件本身")
	copyOrOther = say.T("%s, or take another model", "%s，或改用其他模型", CopyAgain)
)

// faultNext are the next steps of each fault of a GGUF file.
var faultNext = map[weights.Fault]say.Text{
	weights.NotRegular:   GiveModel,
	weights.NotGGUF:      GiveModel,
	weights.BigEndian:    convert,
	weights.WrongVersion: convert,
	weights.CutShort:     CopyAgain,
	weights.LongHeader:   distrust,
	weights.TooMany:      CopyAgain,
	weights.BadName:      distrust,
	weights.Twice:        distrust,
	weights.UnknownKind:  CopyAgain,
	weights.TooDeep:      distrust,
	weights.BadBool:      CopyAgain,
	weights.WrongKind:    convert,
	weights.BadAlign:     convert,
	weights.ManyDims:     CopyAgain,
	weights.BadShape:     CopyAgain,
	weights.UnknownType:  newerModel,
	weights.RetiredType:  newerModel,
	weights.CutBlocks:    convert,
	weights.NotAligned:   convert,
	weights.OutOfRange:   CopyAgain,
	weights.Overlap:      distrust,
	weights.BadPart:      wholeSet,
	weights.NoPart:       wholeSet,
	weights.LostParts:    wholeSet,
}

// Error says what is wrong with the files of the model at path. arg is the argument of a plan
// that names it, and is what the error stands at; without one that is the file itself. What is
// said for people already, and what is no fault of a model's files, comes back as it is; the
// latter with path before it, where no argument is named.
func Error(arg, path string, err error) error {
	if _, ok := errors.AsType[*say.Error](err); ok || err == nil {
		return err
	}
	at, what, next, ok := fault(path, err)
	switch {
	case ok && arg == "":
		return &say.Error{Where: at, What: what, Next: next, Err: err}
	case ok:
		return &say.Error{Where: arg, What: say.T("%s: %s", "%s：%s", at, what), Next: next, Err: err}
	case arg == "":
		return fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// fault says where err is, in a file or a place of it, what it is and what to do; !ok if it is
// not of a model's files.
func fault(path string, err error) (at string, what, next say.Text, ok bool) {
	if bad, ok := errors.AsType[*weights.GGUFError](err); ok {
		what := say.Engine(string(bad.Fault), bad.Args)
		if bad.At >= 0 {
			what = say.T("byte %d: %s", "第 %d 字节：%s", bad.At, what)
		}
		return place(bad.Path, bad.Place), what, faultNext[bad.Fault], true
	}
	if at, what, ok := adapter(err); ok {
		return at, what, giveLoRA, true
	}
	if bad, ok := errors.AsType[*weights.FormatError](err); ok && bad.Why == string(weights.NotRegular) {
		return place(bad.Path, bad.Place), say.Engine(bad.Why, nil), fileItself, true
	}
	if bad, ok := errors.AsType[*weights.FormatError](err); ok {
		return place(bad.Path, bad.Place), say.T("the file is not as its format requires: %s", "文件不符合格式要求：%s", say.Engine(bad.Why, bad.Args)), copyOrOther, true
	}
	if bad, ok := errors.AsType[*tokenizer.FormatError](err); ok {
		if why, ok := bad.Why.(*tokenizer.Fault); ok && why.Format == string(weights.NotRegular) {
			return place(bad.Path, bad.Place), say.Engine(why.Said()), fileItself, true
		}
		return place(bad.Path, bad.Place), say.T("the vocabulary cannot be used: %s", "无法使用该词表：%s", say.Engine("%v", []any{bad.Why})), newerWords, true
	}
	if bad, ok := errors.AsType[*tokenizer.Fault](err); ok {
		return harmless(path), say.Engine(bad.Said()), newerWords, true
	}
	if bad, ok := errors.AsType[*model.RoundError](err); ok {
		return harmless(path), say.Engine(bad.Why, bad.Args), say.T("write it as bf16, or as f32: both have the range of float32", "请写成 bf16 或 f32：两者的范围与 float32 相同"), true
	}
	if bad, ok := errors.AsType[*model.ConfigError](err); ok {
		if _, ok := errors.AsType[*model.GGUFError](err); ok {
			return harmless(path), say.Engine(bad.Why, bad.Args), say.T("write a folder of f32, f16 or bf16", "请写成 f32、f16 或 bf16 的目录"), true
		}
		next := newerModel
		if _, ok := errors.AsType[*model.TypeError](err); ok {
			next = readType
		}
		if _, ok := errors.AsType[*model.WordsError](err); ok {
			next = ownWords
		}
		return harmless(path), say.T("this model cannot be used here: %s", "这里不能使用此模型：%s", say.Engine(bad.Why, bad.Args)), next, true
	}
	if bad, ok := errors.AsType[*model.ArchError](err); ok {
		return harmless(path), say.T("models of the architecture %q are not read", "不支持 %q 架构的模型", bad.Name),
			say.T("take one of these forms: %s", "请改用以下结构之一的模型：%s", model.Architectures()), true
	}
	return missing(path, err)
}

// missing is fault for a file that is not there or may not be read.
func missing(path string, err error) (at string, what, next say.Text, ok bool) {
	p, ok := errors.AsType[*fs.PathError](err)
	switch {
	case !ok:
	case errors.Is(err, fs.ErrNotExist) && isDir(path):
		next = GiveModel
		if _, err := os.Stat(filepath.Join(path, "adapter_config.json")); err == nil {
			next = say.T("it holds an adapter: give the model that it was trained over, and name the adapter beside it (in a plan, in adapter)", "其中是一个适配器：请给出训练它时所用的模型，并另行写明这个适配器（在计划中即 adapter）")
		} else if list, _ := filepath.Glob(filepath.Join(path, "*.gguf")); len(list) > 0 {
			next = say.T("give a file in it: %s", "请给出其中的文件：%s", harmless(list[0]))
		} else if list, _ := filepath.Glob(filepath.Join(path, "pytorch_model*.bin")); len(list) > 0 {
			next = say.T("%s can run any program when it is read, and is not: save the model as safetensors (save_pretrained of the transformers library does)", "读取 %s 可能执行任意程序，因此不读取：请将模型另存为 safetensors（transformers 库的 save_pretrained 即可）", harmless(filepath.Base(list[0])))
		}
		return harmless(path), say.T("this folder is no model: it has no %s", "这个目录不是模型：缺少 %s", harmless(filepath.Base(p.Path))), next, true
	case errors.Is(err, fs.ErrNotExist):
		return harmless(p.Path), say.T("there is no such file", "文件不存在"), GiveModel, true
	case errors.Is(err, syscall.ELOOP):
		return harmless(p.Path), say.T("it is a symbolic link that leads back to itself", "这是指回自身的符号链接"), fileItself, true
	case errors.Is(err, fs.ErrPermission) && strings.HasPrefix(p.Path, filepath.Dir(path)): // a model may be what is being written, too
		return harmless(p.Path), say.T("you may not read it", "没有读取权限"), say.T("change its mode, or run as its owner", "请修改权限，或以其所有者身份运行"), true
	}
	return "", say.Text{}, say.Text{}, false
}

// adapter says what is wrong with the folder of an adapter; !ok: err is of none.
func adapter(err error) (at string, what say.Text, ok bool) {
	of := func(path string) bool {
		name := filepath.Base(path)
		return name == "adapter_config.json" || name == "adapter_model.safetensors"
	}
	if bad, ok := errors.AsType[*weights.FormatError](err); ok && of(bad.Path) {
		return place(bad.Path, bad.Place), say.Engine(bad.Why, bad.Args), true
	}
	bad, ok := errors.AsType[*fs.PathError](err)
	if !ok || !of(bad.Path) || errors.Is(err, fs.ErrPermission) {
		return "", say.Text{}, false
	}
	dir := filepath.Dir(bad.Path)
	if !isDir(dir) {
		return harmless(dir), say.T("there is no such folder", "目录不存在"), true
	}
	return harmless(dir), say.T("this folder is no adapter: it has no %s", "这个目录不是适配器：缺少 %s", harmless(filepath.Base(bad.Path))), true
}

// place is a place in a file.
func place(path, in string) string {
	if in == "" {
		return harmless(path)
	}
	return harmless(path) + ": " + harmless(in)
}

// harmless writes a name from a file so that no terminal takes it for a command.
func harmless(s string) string {
	if s == "" {
		return "-"
	}
	q := fmt.Sprintf("%q", s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
