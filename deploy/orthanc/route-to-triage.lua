-- Orthanc sends every radiograph that it receives to the node, tries again for as long as that
-- fails, and never sends back what the node made.

-- The node's name in DicomModalities, and the AE title that it calls with.
local NODE = 'triage'
local NODE_AET = 'TRIAGE'

-- What the node may triage (PS3.4 Annex B.5): it assesses nothing that is for processing, and no
-- fluoroscopy. Its results are Secondary Capture and structured reports, so they do not come back
-- by any way: upload, migration, a second archive.
local RADIOGRAPHS = {
  ['1.2.840.10008.5.1.4.1.1.1'] = true,     -- Computed Radiography
  ['1.2.840.10008.5.1.4.1.1.1.1'] = true    -- Digital X-Ray, for presentation
}

-- A failed job waits 1, 2, 4 and so on heart beats (LuaHeartBeatPeriod), and this many at most.
local LONGEST_WAIT = 20

local beat = 0
local failed = {} -- job -> { attempts, due }
local recalled = false

local function from_node(origin)
  return origin['RequestOrigin'] == 'DicomProtocol' and origin['RemoteAet'] == NODE_AET
end

function OnStoredInstance(instanceId, tags, metadata, origin)
  if from_node(origin) or not RADIOGRAPHS[tags['SOPClassUID']] then
    return
  end
  -- A job, and not SendToModality, because a job that failed is kept and can be run again. One for
  -- each image, because the node scores images while the rest of the study still arrives.
  RestApiPost('/modalities/' .. NODE .. '/store',
              DumpJson({ Resources = { instanceId }, Asynchronous = true }, true))
end

local function note_failure(jobId)
  local attempts = failed[jobId] and failed[jobId].attempts or 0
  failed[jobId] = {
    attempts = attempts + 1,
    due = beat + math.min(2 ^ attempts, LONGEST_WAIT)
  }
end

local function is_ours(job)
  return job['Type'] == 'DicomModalityStore' and job['Content']['RemoteAet'] == NODE_AET
end

function OnJobFailure(jobId)
  local answer = RestApiGet('/jobs/' .. jobId)
  if answer and is_ours(ParseJson(answer)) then
    note_failure(jobId)
  end
end

function OnJobSuccess(jobId)
  failed[jobId] = nil
end

-- Orthanc keeps its jobs over a restart; this script does not keep what it noted about them.
local function recall_failures()
  for _, job in pairs(ParseJson(RestApiGet('/jobs?expand'))) do
    if job['State'] == 'Failure' and is_ours(job) and not failed[job['ID']] then
      note_failure(job['ID'])
    end
  end
end

function OnHeartBeat()
  beat = beat + 1
  if not recalled then
    recall_failures()
    recalled = true
  end
  for jobId, waiting in pairs(failed) do
    if waiting.due <= beat then
      waiting.due = math.huge -- until it fails again
      RestApiPost('/jobs/' .. jobId .. '/resubmit', '{}')
    end
  end
end
