//===- SupportCode.h - what every host program brings along -----------------------------------------------------===//
//
// Memory that belongs to a running function stands in a list, so that a function that fails can give all of it back. An
// allocation begins with its 64-byte node {next, previous}; the list is circular, its head a node on the function's stack.
// The last three functions are what LLVM makes of copying loops.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_CODEGEN_SUPPORTCODE_H
#define AIMC_CODEGEN_SUPPORTCODE_H

#include "aimc/env.h"

#include <cstddef>

namespace aimc::codegen {

static_assert(offsetof(aimc_env, allocate) == 48 && offsetof(aimc_env, release) == 56, "the support code knows these offsets");

inline constexpr const char *supportCode = R"(
@llvm.compiler.used = appending global [3 x ptr] [ptr @memcpy, ptr @memmove, ptr @memset], section "llvm.metadata"

define ptr @aimc_host_allocate(ptr %env, ptr %list, i64 %bytes) noinline {
entry:
  %sum = call { i64, i1 } @llvm.uadd.with.overflow.i64(i64 %bytes, i64 64)
  %total = extractvalue { i64, i1 } %sum, 0
  %overflow = extractvalue { i64, i1 } %sum, 1
  br i1 %overflow, label %out, label %get
get:
  %at = getelementptr i8, ptr %env, i64 48
  %function = load ptr, ptr %at
  %node = call ptr %function(ptr %env, i64 %total)
  %none = icmp eq ptr %node, null
  br i1 %none, label %out, label %insert
insert:
  %next = load ptr, ptr %list
  store ptr %next, ptr %node
  %previous = getelementptr i8, ptr %node, i64 8
  store ptr %list, ptr %previous
  %back = getelementptr i8, ptr %next, i64 8
  store ptr %node, ptr %back
  store ptr %node, ptr %list
  %data = getelementptr i8, ptr %node, i64 64
  br label %out
out:
  %result = phi ptr [ null, %entry ], [ null, %get ], [ %data, %insert ]
  ret ptr %result
}

define ptr @aimc_host_disown(ptr %data) noinline {
  %node = getelementptr i8, ptr %data, i64 -64
  %next = load ptr, ptr %node
  %at = getelementptr i8, ptr %node, i64 8
  %previous = load ptr, ptr %at
  store ptr %next, ptr %previous
  %back = getelementptr i8, ptr %next, i64 8
  store ptr %previous, ptr %back
  ret ptr %node
}

define void @aimc_host_release(ptr %env, ptr %data) noinline {
  %node = call ptr @aimc_host_disown(ptr %data)
  %at = getelementptr i8, ptr %env, i64 56
  %function = load ptr, ptr %at
  call void %function(ptr %env, ptr %node)
  ret void
}

define void @aimc_host_release_all(ptr %env, ptr %list) noinline cold {
entry:
  br label %loop
loop:
  %node = load ptr, ptr %list
  %empty = icmp eq ptr %node, %list
  br i1 %empty, label %out, label %free
free:
  %data = getelementptr i8, ptr %node, i64 64
  call void @aimc_host_release(ptr %env, ptr %data)
  br label %loop
out:
  ret void
}

define hidden ptr @memcpy(ptr noalias %to, ptr noalias %from, i64 %count) "no-builtins" {
entry:
  %nothing = icmp eq i64 %count, 0
  br i1 %nothing, label %out, label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %source = getelementptr inbounds i8, ptr %from, i64 %i
  %byte = load i8, ptr %source
  %target = getelementptr inbounds i8, ptr %to, i64 %i
  store i8 %byte, ptr %target
  %next = add nuw i64 %i, 1
  %more = icmp ne i64 %next, %count
  br i1 %more, label %loop, label %out
out:
  ret ptr %to
}

define hidden ptr @memmove(ptr %to, ptr %from, i64 %count) "no-builtins" {
entry:
  %nothing = icmp eq i64 %count, 0
  br i1 %nothing, label %out, label %direction
direction:
  %forwards = icmp ult ptr %to, %from
  br i1 %forwards, label %up, label %down
up:
  %i = phi i64 [ 0, %direction ], [ %above, %up ]
  %upSource = getelementptr inbounds i8, ptr %from, i64 %i
  %upByte = load i8, ptr %upSource
  %upTarget = getelementptr inbounds i8, ptr %to, i64 %i
  store i8 %upByte, ptr %upTarget
  %above = add nuw i64 %i, 1
  %upMore = icmp ne i64 %above, %count
  br i1 %upMore, label %up, label %out
down:
  %j = phi i64 [ %count, %direction ], [ %below, %down ]
  %below = sub nuw i64 %j, 1
  %downSource = getelementptr inbounds i8, ptr %from, i64 %below
  %downByte = load i8, ptr %downSource
  %downTarget = getelementptr inbounds i8, ptr %to, i64 %below
  store i8 %downByte, ptr %downTarget
  %downMore = icmp ne i64 %below, 0
  br i1 %downMore, label %down, label %out
out:
  ret ptr %to
}

define hidden ptr @memset(ptr %to, i32 %value, i64 %count) "no-builtins" {
entry:
  %byte = trunc i32 %value to i8
  %nothing = icmp eq i64 %count, 0
  br i1 %nothing, label %out, label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %target = getelementptr inbounds i8, ptr %to, i64 %i
  store i8 %byte, ptr %target
  %next = add nuw i64 %i, 1
  %more = icmp ne i64 %next, %count
  br i1 %more, label %loop, label %out
out:
  ret ptr %to
}

declare { i64, i1 } @llvm.uadd.with.overflow.i64(i64, i64)
)";

} // namespace aimc::codegen

#endif // AIMC_CODEGEN_SUPPORTCODE_H
